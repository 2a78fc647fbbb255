//go:build !linux && !darwin && !freebsd

package disk

import "io/fs"

func isRoot() bool { return false }

func owner(fs.FileInfo) (uid, gid int, ok bool) { return 0, 0, false }
