// Package backup puts a whole instance into one file, proves that the file is
// good, and brings it back.
//
// # The file
//
// A backup is a tar archive, so that whoever has nothing else can still look
// into it: parley.db, a bbolt file; blobs/ab/cd/abcd…, the bytes of attachments by their
// SHA-256; manifest.json, which names them all with their sums. Behind the
// archive's end stands a trailer of one block, which says where the manifest is and
// what the sums of the manifest, of everything before the trailer and of the trailer
// are. Every byte belongs to exactly one part, and every part has either a sum or
// only one thing that it can be; so one that flips, anywhere, is found, and the part
// named.
//
// # What is in it
//
// The store is one moment of it; the blobs are those that this moment refers to.
// They are held meanwhile, and their bytes never change. So the two fit together,
// however much is written while they are copied.
package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/parley-app/parley/store/kv"
)

// What the members of a backup are called, and the files of a data folder.
const (
	Database = "parley.db"
	Blobs    = "blobs"
	manifest = "manifest.json"
)

// format is of the file, not of the data in it.
const format = 1

// A Manifest is what a backup says about itself.
type Manifest struct {
	Format      int       `json:"format"`
	Program     string    `json:"program"` // the version that made it
	DataVersion int       `json:"data_version"`
	MadeAt      time.Time `json:"made_at"` // when the store was at this moment, UTC, whole seconds
	// Counts are how many records each table has.
	Counts map[kv.Space]int `json:"counts"`
	// Missing are the sums of blobs that were referred to and were not there, or
	// damaged, when the backup was made.
	Missing []string `json:"missing_blobs,omitempty"`
	Members []Member `json:"members"`
}

// A Member is one file in a backup.
type Member struct {
	Name   string `json:"name"`
	Offset int64  `json:"offset"` // where its header begins
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Size returns how many bytes the members have together.
func (m *Manifest) Size() (size int64) {
	for _, member := range m.Members {
		size += member.Size
	}
	return size
}

// block is what an archive is made of.
const block = 512

// header is what stands before a member. It can be nothing else, so a damaged one
// is told by comparison.
func header(name string, size int64, madeAt time.Time) ([]byte, error) {
	var b bytes.Buffer
	err := tar.NewWriter(&b).WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: madeAt.UTC().Truncate(time.Second)})
	return b.Bytes(), err
}

// padding is how many zeros follow a member.
func padding(size int64) int64 { return -size & (block - 1) }

// end are the two empty blocks with which an archive ends.
const end = 2 * block

// A trailer is the last block of the file.
type trailer struct {
	offset, size int64  // of the manifest's header, and of the manifest
	manifest     string // its SHA-256
	before       string // SHA-256 of everything before the trailer
}

func (t trailer) bytes() []byte {
	text := fmt.Sprintf("parley backup %d\nmanifest %d %d %s\nbefore %s\n", format, t.offset, t.size, t.manifest, t.before)
	b := make([]byte, block)
	copy(b, fmt.Sprintf("%strailer %s\n", text, sumOf([]byte(text))))
	return b
}

// parseTrailer reads what bytes has written, to the letter.
func parseTrailer(b []byte) (t trailer, ok bool) {
	var f int
	var own string
	n, err := fmt.Sscanf(string(bytes.TrimRight(b, "\x00")), "parley backup %d\nmanifest %d %d %64s\nbefore %64s\ntrailer %64s\n",
		&f, &t.offset, &t.size, &t.manifest, &t.before, &own)
	return t, n == 6 && err == nil && bytes.Equal(t.bytes(), b)
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// A Progress hears, often, what is being done and how much of it is; total is 0
// when it is not known. It may be nil.
type Progress func(what string, done, total int64)

func (p Progress) tell(what string, done, total int64) {
	if p != nil {
		p(what, done, total)
	}
}
