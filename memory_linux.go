package main

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// memoryAtHand is how many bytes of memory this process may use: what the machine has,
// or less if a control group around it (version 2, memory.max, as systemd's MemoryMax
// sets it) says so. 0 means that it cannot be told.
func memoryAtHand() uint64 {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 0
	}
	groups, _ := os.ReadFile("/proc/self/cgroup")
	return allowed(os.DirFS("/sys/fs/cgroup"), string(groups), uint64(info.Totalram)*uint64(info.Unit)) //nolint:unconvert // 32 bits on some machines
}

// allowed is what the control groups leave of so many bytes; groups is the file of
// cgroups(7) that says in which a process is.
func allowed(root fs.FS, groups string, memory uint64) uint64 {
	for line := range strings.Lines(groups) {
		group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::/")
		for ; ok && group != "."; group = path.Dir(group) {
			text, _ := fs.ReadFile(root, path.Join(group, "memory.max"))
			if n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil {
				memory = min(memory, n)
			}
		}
	}
	return memory
}
