package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"

	"github.com/parley-app/parley/store/disk"
)

// A wal is the write-ahead log that lies beside the store, in path+".wal", while
// it is written to: what the groups since its base have changed. The base is a
// commit of which every page is on the disk, and stays there. Only the writer
// touches a wal.
//
// The file is of blocks of 4 KiB; what was flushed once shares none with what is
// written later. All of it was written before it is used, so that a flush has
// nothing to tell the file system. Two blocks take turns as the header; then come
// the records, one for each group, each of whole blocks.
//
//	header  "ParleyWL", version 4, sum 4, secret 8, number 8, sum of the root page 4, 0 4, the base's meta page 80
//	record  "PWLr", sum 4, secret 8, number 8, transaction 8, length 4, 0 4, then so many bytes of writes
//	write   1 put or 2 delete, then space, key and, for a put, value, each behind its length (uvarint)
//
// Numbers are little endian, but the meta page is as bbolt has it; sums are
// CRC-32C of what follows them. The number counts the bases: a record of another
// one is left over. The secret is drawn for each file, so that nobody can write a
// text that is taken for a record.
type wal struct {
	file   *os.File
	secret uint64
	size   int64
	at     int64 // where the next record goes
	seq    uint64
	tight  bool // the last record did not fit
	record []byte
}

const (
	walMagic    = "ParleyWL"
	recordMagic = "PWLr"
	walVersion  = 1

	walBlock   = 4 << 10
	walStart   = 2 * walBlock
	walHead    = 40 // of a header, before the meta page
	recordHead = 40
	sumEnd     = 16 // of a header; what follows is summed
	recordSum  = 8  // the same of a record

	walFirst = 256 << 10 // bytes of a new log; it doubles when it is too small
	walMost  = 4 << 20

	putOp    = 1
	deleteOp = 2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// WAL returns the path of the log of the store at path. While nobody has the store
// open it is there only if its process was cut off; then it belongs to the store
// as a limb does.
func WAL(path string) string { return path + ".wal" }

// A base is a commit to which a log leads back.
type base struct {
	meta    [pageHead + metaSize]byte // its meta page
	rootSum uint32                    // of the first page of its tree, which tells the file from others
}

// readBase reads the base that the commit txid is, before the next commit begins.
func readBase(f io.ReaderAt, pageSize int, txid uint64) (b base, err error) {
	if _, err := f.ReadAt(b.meta[:], int64(txid%2)*int64(pageSize)); err != nil { //nolint:gosec // 0 or 1
		return b, err
	}
	m, err := parseMeta(b.meta[:])
	if err != nil {
		return b, err
	}
	if m.txid != txid {
		return b, fmt.Errorf("the meta page of transaction %d has %d", txid, m.txid)
	}
	b.rootSum, err = sumPage(f, m)
	return b, err
}

func sumPage(f io.ReaderAt, m meta) (uint32, error) {
	page := make([]byte, m.pageSize)
	_, err := f.ReadAt(page, int64(m.root)*int64(m.pageSize)) //nolint:gosec // a file has fewer pages
	return crc32.Checksum(page, castagnoli), err
}

// createWAL makes a log of zeros that is on the disk, with its name.
func createWAL(path string) (w *wal, err error) {
	f, err := disk.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	w = &wal{file: f, secret: rand.Uint64()} //nolint:gosec // math/rand/v2 draws it from ChaCha8, seeded by the system
	if err = w.grow(walFirst); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return w, nil
}

// grow writes zeros up to size. The next flush makes them durable.
func (w *wal) grow(size int64) error {
	_, err := w.file.WriteAt(make([]byte, size-w.size), w.size)
	if err == nil {
		w.size = size
	}
	return err
}

// begin makes b the base, durably: all records before are left over.
func (w *wal) begin(b base) error {
	if w.tight && w.size < walMost {
		_ = w.grow(2 * w.size) // on a full disk it stays as it is; any other fault the flush tells
	}
	head := make([]byte, walBlock)
	copy(head, walMagic)
	binary.LittleEndian.PutUint32(head[8:], walVersion)
	binary.LittleEndian.PutUint64(head[16:], w.secret)
	binary.LittleEndian.PutUint64(head[24:], w.seq+1)
	binary.LittleEndian.PutUint32(head[32:], b.rootSum)
	copy(head[walHead:], b.meta[:])
	binary.LittleEndian.PutUint32(head[12:], crc32.Checksum(head[sumEnd:], castagnoli))
	if _, err := w.file.WriteAt(head, int64((w.seq+1)%2)*walBlock); err != nil { //nolint:gosec // 0 or 1
		return err
	}
	w.seq, w.at, w.tight = w.seq+1, walStart, false
	return datasync(w.file)
}

// append makes the record of g, which is to be flushed, and says whether there is room
// for it.
func (w *wal) append(g *group) bool {
	if w.tight = w.at+int64(g.bytes) > w.size; w.tight {
		return false
	}
	w.encode(g)
	w.tight = w.at+int64(len(w.record)) > w.size
	return !w.tight
}

// flush makes the record durable.
func (w *wal) flush() error {
	if _, err := w.file.WriteAt(w.record, w.at); err != nil {
		return err
	}
	w.at += int64(len(w.record))
	return datasync(w.file)
}

// revoke takes back the record that was appended last, as far as the disk still
// obeys: its commit has failed, and nobody was told that it went well.
func (w *wal) revoke() error {
	w.at -= int64(len(w.record))
	if _, err := w.file.WriteAt(make([]byte, walBlock), w.at); err != nil {
		return err
	}
	return datasync(w.file)
}

// encode makes the record of g.
func (w *wal) encode(g *group) {
	r := append(w.record[:0], make([]byte, recordHead)...)
	r = appendWrites(r, g.log)
	copy(r, recordMagic)
	binary.LittleEndian.PutUint64(r[8:], w.secret)
	binary.LittleEndian.PutUint64(r[16:], w.seq)
	binary.LittleEndian.PutUint64(r[24:], uint64(g.bolt.ID()))       //nolint:gosec // counts up from 0
	binary.LittleEndian.PutUint32(r[32:], uint32(len(r)-recordHead)) //nolint:gosec // a group is 16 MiB at most
	binary.LittleEndian.PutUint32(r[4:], crc32.Checksum(r[recordSum:], castagnoli))
	w.record = append(r, make([]byte, -len(r)&(walBlock-1))...)
}

func appendWrites(r []byte, log []change) []byte {
	for _, c := range log {
		op := byte(putOp)
		if c.value == nil {
			op = deleteOp
		}
		r = append(r, op)
		r = appendSized(r, string(c.bucket.space))
		r = appendSized(r, c.key)
		if op == putOp {
			r = appendSized(r, c.value)
		}
	}
	return r
}

func appendSized[B []byte | string](r []byte, b B) []byte {
	return append(binary.AppendUvarint(r, uint64(len(b))), b...)
}
