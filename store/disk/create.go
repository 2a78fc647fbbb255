package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Whatever is made in a folder belongs to the folder's owner, also when root makes it:
// a command that an administrator runs as root must not leave files that the service
// cannot use. So everything outside of tests makes files and folders by the functions
// below, which a linter sees to. For users other than root they do what those of
// package os do.

// OpenFile is os.OpenFile.
func OpenFile(path string, flag int, perm os.FileMode) (*os.File, error) {
	if flag&os.O_CREATE == 0 || !isRoot() {
		return os.OpenFile(path, flag, perm)
	}
	f, err := os.OpenFile(path, flag|os.O_EXCL, perm)
	if errors.Is(err, fs.ErrExist) && flag&os.O_EXCL == 0 {
		return os.OpenFile(path, flag&^os.O_CREATE, perm) // is somebody's already
	}
	return given(f, err)
}

// CreateTemp is os.CreateTemp.
func CreateTemp(folder, pattern string) (*os.File, error) {
	return given(os.CreateTemp(folder, pattern))
}

// given gives a new file to the owner of its folder, or removes it.
func given(f *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	if err := Own(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return f, nil
}

// WriteFile is os.WriteFile.
func WriteFile(path string, content []byte, perm os.FileMode) error {
	f, err := OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// Mkdir is os.Mkdir.
func Mkdir(path string, perm os.FileMode) error {
	if err := os.Mkdir(path, perm); err != nil {
		return err
	}
	return Own(path)
}

// MkdirAll is os.MkdirAll.
func MkdirAll(path string, perm os.FileMode) error {
	if !isRoot() {
		return os.MkdirAll(path, perm)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	path = filepath.Clean(path)
	if up := filepath.Dir(path); up != path {
		if err := MkdirAll(up, perm); err != nil {
			return err
		}
	}
	if err := Mkdir(path, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return err
	}
	return &fs.PathError{Op: "mkdir", Path: path, Err: syscall.ENOTDIR} // as os.MkdirAll says it
}

// MkdirTemp is os.MkdirTemp.
func MkdirTemp(folder, pattern string) (string, error) {
	path, err := os.MkdirTemp(folder, pattern)
	if err != nil {
		return "", err
	}
	if err := Own(path); err != nil {
		return "", errors.Join(err, os.Remove(path))
	}
	return path, nil
}

// Own gives what this process has just made at path to the owner of its folder. It does
// nothing unless the process is root.
func Own(path string) error {
	if !isRoot() {
		return nil
	}
	info, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	uid, gid, ok := owner(info)
	if !ok || uid == 0 && gid == 0 {
		return nil
	}
	if err := os.Lchown(path, uid, gid); !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil // a root without that right, as in a container, is the only user there is
}
