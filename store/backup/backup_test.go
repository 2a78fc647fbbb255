package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
	"github.com/parley-app/parley/store/kv"
	"github.com/parley-app/parley/store/kv/bolt"
	"github.com/parley-app/parley/store/storetest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// An instance is a data folder with its store open.
type instance struct {
	folder string
	engine *bolt.Engine
	store  *store.Store
	blobs  *blob.Store
}

func begin(t *testing.T, folder string) *instance {
	t.Helper()
	e, err := bolt.Open(filepath.Join(folder, Database), bolt.Options{AppendOrdered: store.AppendOrdered(), LockTimeout: 100 * time.Millisecond, NoLog: os.Getenv("PARLEY_STORE_WAL") == "false"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), e, store.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	i := &instance{folder, e, s, blob.New(filepath.Join(folder, Blobs))}
	t.Cleanup(func() { i.close(t) })
	return i
}

func (i *instance) close(t *testing.T) {
	t.Helper()
	if err := i.store.Close(); err != nil {
		t.Error(err)
	}
}

func (i *instance) source() Source {
	return Source{Engine: i.engine, Blobs: i.blobs, Program: "v1.2.3", Now: func() time.Time { return noon }}
}

// fill makes a user, a thread with messages and attachments of some texts.
func (i *instance) fill(t *testing.T, name string, texts ...string) {
	t.Helper()
	u := storetest.User(t, i.store, name)
	th := storetest.Thread(t, i.store, storetest.Project(t, i.store, u, "p"), u, "t")
	storetest.Message(t, i.store, th.ID, u, "hello from "+name)
	for _, text := range texts {
		i.attach(t, th.ID, u.ID, text)
	}
}

func (i *instance) attach(t *testing.T, thread, user store.ID, text string) (sum string) {
	t.Helper()
	sum, size, err := i.blobs.Put(t.Context(), strings.NewReader(text), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Update(t, i.store, func(tx *store.Tx) error {
		a := &store.Attachment{ThreadID: thread, UserID: user, Name: "f.txt", Size: size, SHA256: sum}
		if a.ID, err = tx.NewID(); err != nil {
			return err
		}
		return tx.PutAttachment(a)
	})
	return sum
}

func (i *instance) create(t *testing.T, path string) *Report {
	t.Helper()
	r, err := Create(t.Context(), path, i.write, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (i *instance) write(ctx context.Context, w io.Writer) error {
	_, err := Write(ctx, w, i.source(), nil)
	return err
}

// users are the names of those who have an account.
func (i *instance) users(t *testing.T) (names []string) {
	t.Helper()
	storetest.View(t, i.store, func(tx *store.Tx) error {
		for _, name := range []string{"ann", "bob", "eve"} {
			u, err := tx.UserByLogin(name)
			if err != nil {
				return err
			}
			if u != nil {
				names = append(names, name)
			}
		}
		return nil
	})
	return names
}

func ls(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestCreateMakesAGoodBackup(t *testing.T) {
	i := begin(t, t.TempDir())
	i.fill(t, "ann", "one", "two", "")
	to := t.TempDir()
	var told []string
	r, err := Create(t.Context(), filepath.Join(to, "b.tar"), func(ctx context.Context, w io.Writer) error {
		_, err := Write(ctx, w, i.source(), func(what string, done, total int64) {
			if told = append(told, what); done > total {
				t.Errorf("%s: %d of %d", what, done, total)
			}
		})
		return err
	}, nil)
	if err != nil || !r.Good() {
		t.Fatalf("%+v, %v", r, err)
	}
	if !slices.Contains(told, "copying") {
		t.Errorf("progress tells %q", told)
	}
	m := r.Manifest
	if m.Program != "v1.2.3" || m.DataVersion != store.DataVersion() || !m.MadeAt.Equal(noon) || len(m.Members) != 4 {
		t.Errorf("manifest %+v", m)
	}
	want := map[kv.Space]int{"users": 1, "messages": 1, "attachments": 3}
	for space, n := range want {
		if m.Counts[space] != n {
			t.Errorf("counts %d %s", m.Counts[space], space)
		}
	}
	if diff := cmp.Diff([]string{"b.tar"}, ls(t, to)); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(filepath.Join(to, "b.tar"))
	if err != nil || info.Mode().Perm() != 0o600 || info.Size()%block != 0 {
		t.Errorf("%v %d, %v", info.Mode(), info.Size(), err)
	}
	// The same moment gives the same bytes, and any tar can read them.
	var b1, b2 bytes.Buffer
	if err := errors.Join(i.write(t.Context(), &b1), i.write(t.Context(), &b2)); err != nil || !bytes.Equal(b1.Bytes(), b2.Bytes()) {
		t.Errorf("two backups of one moment differ, %v", err)
	}
	out, err := exec.CommandContext(t.Context(), "tar", "-tf", filepath.Join(to, "b.tar")).CombinedOutput()
	if lines := strings.Fields(string(out)); err != nil || len(lines) != 5 || lines[0] != Database || lines[4] != manifest {
		t.Errorf("tar says %s, %v", out, err)
	}
}

// However much is written and deleted meanwhile, a backup is one moment with all
// the blobs of that moment.
func TestABackupIsHot(t *testing.T) {
	i := begin(t, t.TempDir())
	i.fill(t, "ann")
	u := storetest.User(t, i.store, "writer")
	th := storetest.Thread(t, i.store, storetest.Project(t, i.store, u, "p"), u, "t")
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			storetest.Message(t, i.store, th.ID, u, strings.Repeat("x", n%3000))
			i.attach(t, th.ID, u.ID, fmt.Sprint("text ", n))
			if n%2 == 0 { // delete one, record and bytes
				var gone *store.Attachment
				storetest.Update(t, i.store, func(tx *store.Tx) error {
					list, err := tx.AttachmentsOf(th.ID)
					if err != nil {
						return err
					}
					gone = list[0]
					return tx.DeleteAttachment(gone)
				})
				if err := i.blobs.Delete(gone.SHA256); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	to := t.TempDir()
	for n := range 5 {
		i.create(t, filepath.Join(to, fmt.Sprint(n)))
	}
	close(stop)
	<-ended
}

// Every byte of a backup matters: flipped, it is found, and the part it is in
// named. Of a small file that is tried with all, of a real one with samples of its
// store and with all that is around it.
func TestEveryFlippedByteIsNamed(t *testing.T) {
	t.Run("small", func(t *testing.T) {
		var b bytes.Buffer
		w := newTestWriter(t, &b)
		for name, text := range map[string]string{Database: strings.Repeat("page", 300)} {
			if err := w.member(name, int64(len(text)), func(w io.Writer) (int64, error) { n, err := io.WriteString(w, text); return int64(n), err }); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.finish(); err != nil {
			t.Fatal(err)
		}
		flipEach(t, b.Bytes(), 4, func(int) bool { return true })
	})
	t.Run("real", func(t *testing.T) {
		i := begin(t, t.TempDir())
		i.fill(t, "ann", "one", "two")
		var b bytes.Buffer
		m, err := Write(t.Context(), &b, i.source(), nil)
		if err != nil {
			t.Fatal(err)
		}
		store := int(m.Members[0].Size)
		flipEach(t, b.Bytes(), 6, func(at int) bool { return at < 2*block || at > store || at%61 == 0 })
	})
}

// flipEach flips the bytes of file that try chooses, which are in so many parts.
func flipEach(t *testing.T, file []byte, parts int, try func(at int) bool) {
	t.Helper()
	size := int64(len(file))
	m := mustScan(t, file)
	tr, _ := parseTrailer(file[size-block:])
	partOf := func(at int64) string {
		switch {
		case at >= size-block:
			return "the trailer"
		case at >= size-block-end:
			return "the end of the archive"
		case at >= tr.offset:
			return manifest
		}
		name := ""
		for _, member := range m.Members {
			if at >= member.Offset {
				name = member.Name
			}
		}
		return name
	}
	tried := map[string]bool{}
	for at := range file {
		if !try(at) {
			continue
		}
		file[at] ^= 1 << (at % 8)
		_, damage, err := scan(t.Context(), bytes.NewReader(file), size, nil)
		file[at] ^= 1 << (at % 8)
		part := partOf(int64(at))
		if tried[part] = true; err != nil || len(damage) != 1 || !strings.Contains(damage[0], part) {
			t.Fatalf("byte %d of %d, in %s: %q, %v", at, size, part, damage, err)
		}
	}
	if len(tried) != parts {
		t.Errorf("the test has tried %v", tried)
	}
	mustScan(t, file)
}

func TestWhatElseMayHappenToAFile(t *testing.T) {
	i := begin(t, t.TempDir())
	i.fill(t, "ann", "one", strings.Repeat("two", 1000))
	var b bytes.Buffer
	if _, err := Write(t.Context(), &b, i.source(), nil); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	db := int(mustScan(t, whole).Members[1].Offset)
	for name, tt := range map[string]struct {
		file []byte
		want string // of the damage; "" is ErrNoBackup
	}{
		"empty":                   {nil, ""},
		"text":                    {bytes.Repeat([]byte("text\n"), 1000), ""},
		"zeros":                   {make([]byte, 4096), ""},
		"another archive":         {otherArchive(t), ""},
		"cut off in the store":    {whole[:db/2], "parley.db: is cut off"},
		"cut off in a header":     {whole[:db+100], "behind parley.db"},
		"cut off in a blob":       {whole[:db+block+1], "is cut off"},
		"without its end":         {whole[:len(whole)-block-end], "the trailer"},
		"without its trailer":     {whole[:len(whole)-block], "the trailer"},
		"with something appended": {append(bytes.Clone(whole), "more"...), "the trailer"},
		"with a block appended":   {append(bytes.Clone(whole), make([]byte, block)...), "the trailer"},
		"twice":                   {append(bytes.Clone(whole), whole...), "between the parts"},
		"two bytes, two parts":    {flipped(whole, 2000, db+block), "parley.db: its bytes"},
		"a byte and no trailer":   {flipped(whole, 2000, len(whole)-1), "parley.db: its bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, damage, err := scan(t.Context(), bytes.NewReader(tt.file), int64(len(tt.file)), nil)
			switch {
			case tt.want == "" && !errors.Is(err, ErrNoBackup):
				t.Errorf("got %q, %v", damage, err)
			case tt.want != "" && (err != nil || !strings.Contains(strings.Join(damage, "\n"), tt.want)):
				t.Errorf("got %q, %v; want %q", damage, err, tt.want)
			}
		})
	}
}

func mustScan(t *testing.T, file []byte) *Manifest {
	t.Helper()
	m, damage, err := scan(t.Context(), bytes.NewReader(file), int64(len(file)), nil)
	if err != nil || len(damage) > 0 {
		t.Fatalf("%q, %v", damage, err)
	}
	return m
}

func flipped(b []byte, at ...int) []byte {
	b = bytes.Clone(b)
	for _, i := range at {
		b[i] ^= 0x20
	}
	return b
}

func otherArchive(t *testing.T) []byte {
	t.Helper()
	head, err := header("readme.txt", 0, noon)
	if err != nil {
		t.Fatal(err)
	}
	return append(head, make([]byte, end)...)
}

// A manifest whose sums fit may still say what must not become a file's name.
func TestAManifestThatLies(t *testing.T) {
	for name, members := range map[string][]Member{
		"nothing":        nil,
		"no store":       {{Name: "blobs/x"}},
		"another path":   {{Name: Database}, {Name: "blobs/../../x", SHA256: strings.Repeat("a", 64)}},
		"another sum":    {{Name: Database}, {Name: blobName(strings.Repeat("a", 64)), SHA256: strings.Repeat("b", 64)}},
		"two stores":     {{Name: Database}, {Name: Database}},
		"a size below 0": {{Name: Database, Size: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			w := newTestWriter(t, &b)
			w.m.Members = members
			if err := w.finish(); err != nil {
				t.Fatal(err)
			}
			m, damage, err := scan(t.Context(), bytes.NewReader(b.Bytes()), int64(b.Len()), nil)
			if err == nil && len(damage) == 0 {
				t.Errorf("accepted %+v", m)
			}
		})
	}
}

func TestCreateThatFails(t *testing.T) {
	i := begin(t, t.TempDir())
	i.fill(t, "ann", "one")
	broken := errors.New("the cable is out")
	for name, write := range map[string]func(context.Context, io.Writer) error{
		"the source fails": func(context.Context, io.Writer) error { return broken },
		"half-way": func(ctx context.Context, w io.Writer) error {
			return i.write(ctx, &failing{w: w, left: 10_000, err: broken})
		},
		"a byte flips on its way": func(ctx context.Context, w io.Writer) error {
			var b bytes.Buffer
			err := i.write(ctx, &b)
			_, e := w.Write(flipped(b.Bytes(), 9000))
			return errors.Join(err, e)
		},
	} {
		t.Run(name, func(t *testing.T) {
			to := t.TempDir()
			r, err := Create(t.Context(), filepath.Join(to, "b.tar"), write, nil)
			var bad *BadError
			if !errors.Is(err, broken) && !(errors.As(err, &bad) && strings.Contains(err.Error(), "parley.db: its bytes are damaged")) {
				t.Errorf("%+v, %v", r, err)
			}
			if left := ls(t, to); len(left) > 0 {
				t.Errorf("it left %q", left)
			}
		})
	}
	to := t.TempDir()
	path := filepath.Join(to, "b.tar")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), path, i.write, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another file: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Create(ctx, filepath.Join(to, "c.tar"), i.write, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if left := ls(t, to); len(left) != 1 {
		t.Errorf("it left %q", left)
	}
}

type failing struct {
	w    io.Writer
	left int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, f.err
	}
	return f.w.Write(p)
}

// A store with a fault is saved, and the copy says that it is not a good one.
func TestABackupOfADamagedStore(t *testing.T) {
	for name, tt := range map[string]struct {
		harm func(t *testing.T, i *instance)
		want string
	}{
		"a record": {func(t *testing.T, i *instance) { flipRecord(t, i.engine, "messages") }, "messages "},
		"a blob":   {func(t *testing.T, i *instance) { flipBlob(t, i) }, "missing or damaged when the backup was made"},
	} {
		t.Run(name, func(t *testing.T) {
			i := begin(t, t.TempDir())
			i.fill(t, "ann", "one", "two")
			tt.harm(t, i)
			to := t.TempDir()
			path := filepath.Join(to, "b.tar")
			r, err := Create(t.Context(), path, i.write, nil)
			var bad *BadError
			if !errors.As(err, &bad) || bad.Path != path+DamagedSuffix || len(r.Damage) > 0 || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%+v, %v", r, err)
			}
			if diff := cmp.Diff([]string{"b.tar.damaged"}, ls(t, to)); diff != "" {
				t.Error(diff)
			}
			again, err := Verify(t.Context(), path+DamagedSuffix, to, nil)
			if diff := cmp.Diff(r, again); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

func flipRecord(t *testing.T, e *bolt.Engine, space kv.Space) {
	t.Helper()
	err := e.Update(t.Context(), func(tx kv.Tx) error {
		page, err := tx.Scan(space, kv.Range{Limit: 1})
		if err != nil {
			return err
		}
		page[0].Value[20] ^= 1
		return tx.Put(space, page[0].Key, page[0].Value)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func flipBlob(t *testing.T, i *instance) {
	t.Helper()
	done := errors.New("done")
	err := i.blobs.Walk(t.Context(), func(sum string, _ int64) error {
		path := filepath.Join(i.folder, filepath.FromSlash(blobName(sum)))
		return errors.Join(os.WriteFile(path, []byte("off"), 0o600), done)
	})
	if !errors.Is(err, done) {
		t.Fatal(err)
	}
}

func TestCheckBlobs(t *testing.T) {
	i := begin(t, t.TempDir())
	i.fill(t, "ann", "one", "two", "two")
	extra, _, err := i.blobs.Put(t.Context(), strings.NewReader("extra"), 10)
	if err != nil {
		t.Fatal(err)
	}
	faults, notes, err := CheckBlobs(t.Context(), i.store, i.blobs, nil)
	if diff := cmp.Diff([]string{"1 blobs of 5 bytes together belong to no attachment"}, notes); diff != "" || len(faults) > 0 || err != nil {
		t.Error(diff, faults, err)
	}
	if err := i.blobs.Delete(extra); err != nil {
		t.Fatal(err)
	}
	flipBlob(t, i)
	faults, notes, err = CheckBlobs(t.Context(), i.store, i.blobs, nil)
	if err != nil || len(notes) > 0 || len(faults) != 1 || !strings.Contains(faults[0], "damaged") {
		t.Error(faults, notes, err)
	}
	if err := os.RemoveAll(i.blobs.Folder()); err != nil {
		t.Fatal(err)
	}
	faults, _, err = CheckBlobs(t.Context(), i.store, i.blobs, nil)
	if err != nil || len(faults) != 2 || !strings.Contains(faults[0], "is missing") {
		t.Error(faults, err)
	}
}
