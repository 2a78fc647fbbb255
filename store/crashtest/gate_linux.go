package crashtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Verdict is what becomes of one fsync or fdatasync.
type Verdict int

// The verdicts.
const (
	Pass Verdict = iota // the kernel does what it was asked
	Skip                // it does nothing and says that it did: a disk that lies
	Fail                // it does nothing and says EIO: a disk that is dying
	Kill                // the process is killed before it is done
)

// A Gate stands between a process and its disk. It uses the kernel's own means to
// decide over calls of another process (seccomp user notification), so the
// process runs as it is, at its own speed, and the calls of all its threads come
// in one order. (strace can inject faults too, but counts for each thread, and
// Go's goroutines move between threads as they like.)
type Gate struct {
	decide func(n int) Verdict
	cmd    *exec.Cmd
	ended  chan struct{}
	n      int
	killed bool
	err    error
}

// gateVar tells a process which file descriptor leads to its gate.
const gateVar = "PARLEY_CRASHTEST_GATE"

// Start starts cmd behind a gate, which asks decide about each fsync and
// fdatasync, one after the other; n counts from 1. The program of cmd must call
// Join as the first thing it does. The caller must Wait.
func Start(cmd *exec.Cmd, decide func(n int) Verdict) (*Gate, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("crashtest: %w", err)
	}
	defer unix.Close(pair[0])
	theirs := os.NewFile(uintptr(pair[1]), "gate")
	defer theirs.Close()
	cmd.ExtraFiles = append(cmd.ExtraFiles, theirs)
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, gateVar+"="+strconv.Itoa(2+len(cmd.ExtraFiles)))
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	theirs.Close() // or its end would not be seen
	g := &Gate{decide: decide, cmd: cmd, ended: make(chan struct{})}
	listener, err := receiveFile(pair[0])
	if err != nil {
		return nil, errors.Join(fmt.Errorf("crashtest: the process did not join its gate: %w", err), cmd.Process.Kill(), cmd.Wait())
	}
	go g.guard(listener)
	return g, nil
}

// Wait waits for the end of the process, returns how many calls came to the gate,
// and what cmd.Wait returns.
func (g *Gate) Wait() (syncs int, err error) {
	err = g.cmd.Wait()
	<-g.ended
	return g.n, errors.Join(err, g.err)
}

// A notice is struct seccomp_notif, an answer struct seccomp_notif_resp; see
// seccomp_unotify(2).
type notice struct {
	ID       uint64
	PID      uint32
	Flags    uint32
	Syscall  int32
	Arch     uint32
	Position uint64
	Args     [6]uint64
}

type answer struct {
	ID    uint64
	Value int64
	Errno int32
	Flags uint32
}

// guard answers the calls until no process is left behind the gate.
func (g *Gate) guard(listener int) {
	defer close(g.ended)
	defer unix.Close(listener)
	for {
		ready := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
		_, err := unix.Poll(ready, -1)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			g.err = err
			return
		case ready[0].Revents&unix.POLLIN == 0: // all have gone
			return
		}
		var call notice
		if err := ioctl(listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&call)); err != nil {
			continue // it was killed, or interrupted and will ask again
		}
		if g.killed { // what another thread asks while it dies
			continue
		}
		g.n++
		g.answer(listener, call.ID, g.decide(g.n))
	}
}

func (g *Gate) answer(listener int, id uint64, v Verdict) {
	a := answer{ID: id}
	switch v {
	case Pass:
		a.Flags = unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE
	case Fail:
		a.Errno = -int32(unix.EIO)
	case Kill:
		g.killed = true
		g.err = g.cmd.Process.Kill()
		return
	}
	// It fails only if the process is dead by now.
	_ = ioctl(listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&a))
}

// Join puts this process behind the gate of the one that started it by Start, if
// it was, and takes what told it so from its environment. It ends the process if
// that fails: a test that believes in a gate that is not there proves nothing.
func Join() {
	fd, err := strconv.Atoi(os.Getenv(gateVar))
	if err != nil {
		return
	}
	if err := errors.Join(os.Unsetenv(gateVar), join(fd)); err != nil {
		panic("crashtest: cannot join the gate: " + err.Error())
	}
}

func join(fd int) error {
	defer unix.Close(fd)
	listener, err := notifyOf(unix.SYS_FSYNC, unix.SYS_FDATASYNC)
	if err != nil {
		return err
	}
	defer unix.Close(listener)
	return unix.Sendmsg(fd, []byte{0}, unix.UnixRights(listener), nil, 0)
}

// notifyOf makes a file from which one reads the given system calls of all
// threads of this process, those to come included.
func notifyOf(calls ...uint32) (listener int, err error) {
	load := unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	filter := []unix.SockFilter{{Code: uint16(load), K: 0}} // the number of the call
	for i, call := range calls {
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: uint8(len(calls) - i), K: call})
	}
	filter = append(filter,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}

	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	// Once received, a call must not be interrupted by the signals that Go sends
	// its own threads: it would come again and be counted twice.
	flags := unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV |
		unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH
	r, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(flags), uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return 0, fmt.Errorf("seccomp (it needs Linux 5.19): %w", errno)
	}
	return int(r), nil
}

func receiveFile(socket int) (int, error) {
	one, rights := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(socket, one, rights, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return 0, err
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil {
		return 0, err
	}
	if len(messages) != 1 {
		return 0, errors.New("it ended before")
	}
	files, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return 0, err
	}
	return files[0], nil
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}
