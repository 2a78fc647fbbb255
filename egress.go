package main

import (
	"fmt"
	"net"

	"github.com/parley-app/parley/api/egress"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/rest"
	"github.com/parley-app/parley/api/scan"
)

// egress makes the door: it lets out what the settings name.
func (c *Config) egress() (*egress.Guard, error) {
	targets, err := c.targets()
	if err != nil {
		return nil, err
	}
	return egress.New(targets...)
}

// targets are the hosts that settings name. A setting that makes Parley connect
// somewhere has its line here, or nothing comes of it.
func (c *Config) targets() (list []egress.Target, err error) {
	if base := c.Model.OpenAI.BaseURL; base != "" {
		host, port, err := llm.AddressOf(base)
		if err != nil {
			return nil, fmt.Errorf("model.openai.base_url: %w", err)
		}
		list = append(list, egress.Target{Setting: "model.openai.base_url", Host: host, Port: port})
	}
	if c.Scanner.URL != "" {
		network, at, err := scan.AddressOf(c.Scanner.URL)
		if err != nil {
			return nil, fmt.Errorf("scanner.url: %w", err)
		}
		if network == "tcp" { // a Unix socket is on this machine
			host, port, err := net.SplitHostPort(at)
			if err != nil {
				return nil, fmt.Errorf("scanner.url: %w", err)
			}
			list = append(list, egress.Target{Setting: "scanner.url", Host: host, Port: port})
		}
	}
	return list, nil
}

// egressFigures tell how often the door was used.
func egressFigures(g *egress.Guard) []rest.Figure {
	return []rest.Figure{
		{Name: "parley_egress_connections", Help: "Connections made to hosts that a setting names, since the start.", Value: func() float64 { return float64(g.Dialled()) }},
		{Name: "parley_egress_refused", Help: "Connections refused because no setting names their host, or it led to an address that is never dialled, since the start.", Value: func() float64 {
			n, _ := g.Refused()
			return float64(n)
		}},
	}
}

// egressReport is what the door of a running server has seen.
type egressReport struct {
	Running  bool             `json:"running"`
	Dialled  uint64           `json:"dialled"`
	Refused  uint64           `json:"refused"`
	Refusals []egress.Refusal `json:"refusals"` // the last of them
}

func egressSeen(g *egress.Guard) egressReport {
	r := egressReport{Refusals: []egress.Refusal{}}
	if g != nil {
		r.Running, r.Dialled = true, g.Dialled()
		n, last := g.Refused()
		r.Refused, r.Refusals = n, append(r.Refusals, last...)
	}
	return r
}
