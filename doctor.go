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
	OK      bool           `json:"ok"`
	Running *runningReport `json:"running"` // whose settings were looked at; null: those of the command
	Looks   []look         `json:"looks"`
}

func (c *cli) doctorCommand() *cobra.Command {
	var local bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check settings, data folder, disk, clock, TLS, model server and virus scanner",
		Long: `Checks everything that Parley depends on, and says what is wrong and how to fix it. It changes
nothing. While a server is running on the data folder, the server checks for itself, with its own
settings and rights; otherwise, and with --set or --local, the command checks with the settings that
its own flags, environment and configuration file give. The first line says which. Exit status 1 if
something failed; warnings leave it at 0.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.doctor(cmd, local) },
	}
	cmd.PersistentFlags().BoolVar(&local, "local", false, "use this command's own settings, not those of a running server")
	cmd.AddCommand(&cobra.Command{
		Use:   "egress",
		Short: "Show which hosts Parley may connect to, and what it refused",
		Long: `Shows each host that a setting names, the addresses that its name leads to, and which of those
are never dialled; then, if the server runs, how many connections it made and refused since its
start, with the last that it refused. While a server runs, the hosts are those of its settings.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.doctorEgress(cmd, local) },
	})
	return cmd
}

// doctorPatience is how long one look may take.
const doctorPatience = 10 * time.Second

func (c *cli) doctor(cmd *cobra.Command, local bool) error {
	ctx, stop := interruptible(cmd)
	defer stop()
	l, err := c.load(cmd)
	if err != nil {
		return err
	}
	var d diagnosis
	if d.Running, err = c.running(ctx, l, local); err != nil {
		d.Looks = one("settings", lookBad, "the running server does not tell its settings: "+err.Error(), "")
	} else if d.Running == nil {
		d.Looks = one("settings", lookOK, c.ownSettings(ctx, l), "")
	} else {
		d.Looks = lookAtRunning(d.Running)
	}
	d.Looks = append(d.Looks, lookAtServer(ctx, l)...)
	if d.Running == nil {
		d.Looks = append(d.Looks, examine(ctx, l)...)
	} else {
		var seen []look
		if err := ask(ctx, dataFolder(l.Data), http.MethodPost, "doctor", &seen, nil); err != nil {
			seen = one("server", lookBad, "it could not check for itself: "+err.Error(), "")
		}
		d.Looks = append(d.Looks, seen...)
	}
	d.OK = !slices.ContainsFunc(d.Looks, func(k look) bool { return k.Status == lookBad })
	if err := c.say(d, d.text()); err != nil {
		return err
	}
	if !d.OK {
		return errors.New("problems found, see above")
	}
	return nil
}

// examine looks at everything that a server with these settings depends on. A
// running server does it for itself.
func examine(ctx context.Context, l *Loaded) (out []look) {
	for _, examine := range []func(context.Context, *Loaded) []look{
		lookAtVariables, lookAtFolder, lookAtSecrets, lookAtDisk, lookAtClock, lookAtTLS, lookAtName, lookAtEgress, lookAtModels, lookAtScanner,
	} {
		ctx, cancel := context.WithTimeout(ctx, doctorPatience)
		out = append(out, examine(ctx, l)...)
		cancel()
	}
	return out
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
	Running *runningReport `json:"running"` // whose targets these are; null: those of the command
	Targets []egressTarget `json:"targets"`
	Seen    egressReport   `json:"seen"`

	whose string
}

func (c *cli) doctorEgress(cmd *cobra.Command, local bool) error {
	ctx, stop := interruptible(cmd)
	defer stop()
	l, err := c.load(cmd)
	if err != nil {
		return err
	}
	out := egressDiagnosis{Targets: []egressTarget{}, Seen: egressSeen(nil)}
	if out.Running, err = c.running(ctx, l, local); err != nil {
		return err
	}
	if out.Running != nil {
		out.whose = "Settings of the running server: " + out.Running.describe()
		err = ask(ctx, dataFolder(l.Data), http.MethodPost, "egress-targets", &out.Targets, nil)
	} else {
		out.whose = "Settings: " + c.ownSettings(ctx, l)
		out.Targets, err = l.egressTargets(ctx)
	}
	if err != nil {
		return err
	}
	err = ask(ctx, dataFolder(l.Data), http.MethodPost, "egress", &out.Seen, nil)
	if err != nil && !errors.Is(err, errNoServer) {
		return err
	}
	return c.say(out, out.text())
}

// egressTargets looks up each host that a setting names.
func (c *Config) egressTargets(ctx context.Context) ([]egressTarget, error) {
	door, err := c.egress()
	if err != nil {
		return nil, unusable(err)
	}
	list := []egressTarget{}
	for _, t := range door.Targets() {
		list = append(list, lookUp(ctx, door, t))
	}
	return list, nil
}

func lookUp(ctx context.Context, door *egress.Guard, t egress.Target) egressTarget {
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	out := egressTarget{Target: t, Addresses: []string{}}
	found, err := door.Resolve(ctx, t)
	if err != nil {
		out.Problem = "cannot look up its name: " + err.Error()
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
	b.WriteString(e.whose + "\n")
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
		b.WriteString("No server is running: nothing was counted.")
		return b.String()
	}
	fmt.Fprintf(&b, "Since its start the running server has made %d connections and refused %d.", e.Seen.Dialled, e.Seen.Refused)
	for _, r := range e.Seen.Refusals {
		fmt.Fprintf(&b, "\n  refused %s  %s: %s", r.At.Format(time.DateTime), r.Address, r.Why)
	}
	return b.String()
}
