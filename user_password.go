package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// newPassword makes a password, or asks for one: twice and unseen at a terminal,
// else the first line of the standard input.
func (c *cli) newPassword(generate bool) (string, error) {
	if generate {
		return rand.Text(), nil
	}
	f, ok := c.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return firstLine(c.stdin)
	}
	first, err := c.askUnseen(f, "New password: ")
	if err != nil {
		return "", err
	}
	second, err := c.askUnseen(f, "The same again: ")
	if err == nil && first != second {
		err = errors.New("these are two different passwords")
	}
	return first, err
}

func (c *cli) askUnseen(f *os.File, prompt string) (string, error) {
	fmt.Fprint(c.stderr, prompt)
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(c.stderr)
	return string(b), err
}

// firstLine reads a password from what is no terminal.
func firstLine(r io.Reader) (string, error) {
	const most = 4 << 10
	line, err := bufio.NewReader(io.LimitReader(r, most)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", errors.New("there is no password on the standard input; --generate makes one")
	}
	return line, nil
}
