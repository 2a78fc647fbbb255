//go:build torture

package crashtest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
)

// An entry is one key of a store.
type entry struct {
	space      kv.Space
	key, value []byte
}

// golden reads the store that the program of an earlier version has left: gzip,
// one line for each entry: space, key and value, the latter two in base64.
func golden(t *testing.T, version int) (list []entry) {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("../testdata/version%d.golden.gz", version))
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		part := strings.Fields(lines.Text())
		key, err1 := base64.StdEncoding.DecodeString(part[1])
		value, err2 := base64.StdEncoding.DecodeString(strings.TrimPrefix(part[2], "="))
		must(t, errors.Join(err1, err2))
		list = append(list, entry{kv.Space(part[0]), key, value})
	}
	must(t, lines.Err())
	return list
}

// multiplied is a store of the same version with every project, and all that hangs
// from it, n times. It knows nothing of records: it gives other ids to what has
// one, wherever they stand, and makes the checksums fit.
func multiplied(list []entry, n int) []entry {
	ids := idsIn(list)
	seen := map[string]bool{}
	var out []entry
	for i := range n {
		for _, e := range list {
			e.key, e.value = bytes.Clone(e.key), bytes.Clone(e.value)
			for _, id := range ids {
				other := id
				binary.BigEndian.PutUint32(other[12:], binary.BigEndian.Uint32(id[12:])^uint32(i))
				e.key = bytes.ReplaceAll(e.key, id[:], other[:])
				e.value = bytes.ReplaceAll(e.value, id[:], other[:])
				e.value = bytes.ReplaceAll(e.value, []byte(id.String()), []byte(other.String()))
			}
			if e.space == "attachments.blob#" { // counted by what is the same in all copies
				binary.BigEndian.PutUint64(e.value, binary.BigEndian.Uint64(e.value)*uint64(n))
			}
			if at := string(e.space) + "/" + string(e.key); !seen[at] {
				seen[at] = true
				out = append(out, e.summed())
			}
		}
	}
	return out
}

// idsIn returns the ids of all records but users.
func idsIn(list []entry) []uuid.UUID {
	ids := map[uuid.UUID]bool{}
	for _, e := range list {
		switch e.space {
		case "projects", "threads", "summaries", "attachments":
			ids[uuid.UUID(e.key)] = true
		case "messages": // behind the id of the thread
			ids[uuid.UUID(e.key[16:])] = true
		}
	}
	return slices.Collect(maps.Keys(ids))
}

// summed gives a record its checksum; see encode in package store.
func (e entry) summed() entry {
	const head = 5
	if strings.Contains(string(e.space), ".") || e.space == "meta" || e.space == "doomed" {
		return e // no record
	}
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(crc32.Update(crc32.Checksum(e.value[:1], table), table, e.key), table, e.value[head:])
	binary.BigEndian.PutUint32(e.value[1:], sum)
	return e
}

// write makes a store of the entries in the file path.
func write(t *testing.T, path string, list []entry) {
	t.Helper()
	engine, err := bolt.Open(path, bolt.Options{})
	must(t, err)
	for some := range slices.Chunk(list, 50) {
		must(t, engine.Update(context.Background(), func(tx kv.Tx) error {
			for _, e := range some {
				if err := tx.Put(e.space, e.key, e.value); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	must(t, engine.Close())
}
