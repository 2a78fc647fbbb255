// Package proc is what the commands of bench share: programs that are measured from
// outside, each a process of its own.
package proc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Process is a program that runs. Its methods are for one goroutine.
type Process struct {
	Cmd    *exec.Cmd
	Stdin  io.WriteCloser
	OnStop []func() // called by Stop, in order, once the program has ended
}

// Start runs a program, with env beside this process's environment, and waits for a line
// of its output that begins with mark, of which it returns the rest. What the program
// says to standard error is shown.
func Start(mark string, env []string, name string, args ...string) (p *Process, rest string, err error) {
	p = &Process{Cmd: exec.Command(name, args...)}
	p.Cmd.Env = append(os.Environ(), env...)
	p.Cmd.Stderr = os.Stderr
	out, err := p.Cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if p.Stdin, err = p.Cmd.StdinPipe(); err != nil {
		return nil, "", err
	}
	if err := p.Cmd.Start(); err != nil {
		return nil, "", err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), mark); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return p, strings.TrimSpace(rest), nil
		}
	}
	p.Stop()
	return nil, "", fmt.Errorf("%s ended before it said %q", name, mark)
}

// Stop ends the program by SIGTERM and waits for its end.
func (p *Process) Stop() {
	_ = p.Cmd.Process.Signal(syscall.SIGTERM)
	_ = p.Cmd.Wait()
	for _, f := range p.OnStop {
		f()
	}
}

// CPU is the processor's time that the program has used so far, to 10 ms.
func (p *Process) CPU() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+2:]))
	user, err1 := strconv.ParseInt(f[11], 10, 64)
	system, err2 := strconv.ParseInt(f[12], 10, 64)
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that runs Go
	return time.Duration(user+system) * tick, errors.Join(err1, err2)
}

// Memory is the program's resident set in KB.
func (p *Process) Memory() (int, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	return strconv.Atoi(strings.Fields(rest)[0])
}
