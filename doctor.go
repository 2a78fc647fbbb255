package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-app/parley/api/egress"
)

// The outcomes of one look of the doctor.
const (
	lookOK   = "ok"
	lookWarn = "warning" // it works, and should not stay so
	lookBad  = "failed"
)

// A look is one thing that the doctor has looked at.
type look struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Detail string `json:"detail"`
	Advice string `json:"advice,omitempty"` // what would make it right
}

type diagnosis struct {
	OK    bool   `json:"ok"`
	Looks []look `json:"looks"`
}

func (c *cli) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at settings, data folder, disk, clock, TLS, model server and virus scanner, and say what is not well",
		Long: `Looks at everything around Parley that it depends on and says what is not well, and what would
make it right. It changes nothing, and works while the server runs or not. Exit status 1 if
something failed; warnings leave it at 0.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.doctor(cmd) },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "egress",
		Short: "Show which hosts Parley may connect to, and what it refused",
		Long: `Shows each host that a setting names, the addresses that its name leads to, and which of those
are never dialled; then, if the server runs, how many connections it made and refused since its
start, with the last that it refused.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.doctorEgress(cmd) },
	})
	return cmd
}

// doctorPatience is how long one look may take.
const doctorPatience = 10 * time.Second

func (c *cli) doctor(cmd *cobra.Command) error {
	ctx, stop := interruptible(cmd)
	defer stop()
	l, err := c.load(cmd)
	if err != nil {
		return err
	}
	d := diagnosis{OK: true}
	for _, examine := range []func(context.Context, *Loaded) []look{
		lookAtSettings, lookAtServer, lookAtFolder, lookAtDisk, lookAtClock, lookAtTLS, lookAtName, lookAtEgress, lookAtModels, lookAtScanner,
	} {
		ctx, cancel := context.WithTimeout(ctx, doctorPatience)
		d.Looks = append(d.Looks, examine(ctx, l)...)
		cancel()
	}
	d.OK = !slices.ContainsFunc(d.Looks, func(k look) bool { return k.Status == lookBad })
	if err := c.say(d, d.text()); err != nil {
		return err
	}
	if !d.OK {
		return errors.New("something is not well")
	}
	return nil
}

func (d diagnosis) text() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, k := range d.Looks {
		fmt.Fprintf(w, "%s\t%s\t%s\n", k.Status, k.Name, k.Detail)
		if k.Advice != "" {
			fmt.Fprintf(w, "\t\t→ %s\n", k.Advice)
		}
	}
	_ = w.Flush() // of a builder, which never fails
	return strings.TrimRight(b.String(), "\n ")
}

// egressTarget is a host that may be dialled, looked up.
type egressTarget struct {
	egress.Target
	Addresses []string `json:"addresses"`
	Problem   string   `json:"problem,omitempty"`
}

type egressDiagnosis struct {
	Targets []egressTarget `json:"targets"`
	Seen    egressReport   `json:"seen"`
}

func (c *cli) doctorEgress(cmd *cobra.Command) error {
	ctx, stop := interruptible(cmd)
	defer stop()
	l, err := c.load(cmd)
	if err != nil {
		return err
	}
	door, err := l.egress()
	if err != nil {
		return err
	}
	out := egressDiagnosis{Targets: []egressTarget{}, Seen: egressSeen(nil)}
	for _, t := range door.Targets() {
		out.Targets = append(out.Targets, lookUp(ctx, door, t))
	}
	err = ask(ctx, dataFolder(l.Data), http.MethodPost, "egress", &out.Seen, nil)
	if err != nil && !errors.Is(err, errNoServer) {
		return err
	}
	return c.say(out, out.text())
}

func lookUp(ctx context.Context, door *egress.Guard, t egress.Target) egressTarget {
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	out := egressTarget{Target: t, Addresses: []string{}}
	found, err := door.Resolve(ctx, t)
	if err != nil {
		out.Problem = "its name cannot be looked up: " + err.Error()
	}
	for _, a := range slices.SortedFunc(maps.Keys(found), netip.Addr.Compare) {
		text := a.String()
		if why := found[a]; why != "" {
			text += " (never dialled: " + why + ")"
			out.Problem = cmp.Or(out.Problem, "it leads to an address that is never dialled")
		}
		out.Addresses = append(out.Addresses, text)
	}
	return out
}

func (e egressDiagnosis) text() string {
	var b strings.Builder
	if len(e.Targets) == 0 {
		b.WriteString("No setting names a host: Parley connects to none.\n")
	} else {
		b.WriteString("Parley connects to these hosts and to no others:\n")
	}
	for _, t := range e.Targets {
		fmt.Fprintf(&b, "  %s  (%s)  %s\n", t.Address(), t.Setting, strings.Join(t.Addresses, ", "))
		if t.Problem != "" {
			fmt.Fprintf(&b, "    → %s\n", t.Problem)
		}
	}
	if !e.Seen.Running {
		b.WriteString("No server is running on this data folder.")
		return b.String()
	}
	fmt.Fprintf(&b, "Since its start the server made %d connections and refused %d.", e.Seen.Dialled, e.Seen.Refused)
	for _, r := range e.Seen.Refusals {
		fmt.Fprintf(&b, "\n  refused %s  %s: %s", r.At.Format(time.DateTime), r.Address, r.Why)
	}
	return b.String()
}
