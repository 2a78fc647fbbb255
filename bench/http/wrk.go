package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/parley-app/parley/store"
)

// A load is what wrk asks a server for: a path, or what a script makes up.
type load struct {
	server *server
	path   string
	script string
	sent   int // by earlier runs: a script goes on where the last one ended
}

// A result is one run of wrk. cpu is the server's, in microseconds for each request.
type result struct{ rate, cpu, p99 float64 }

var (
	said99   = regexp.MustCompile(`(?m)^\s*99%\s+([\d.]+)(us|ms|s|m)\s*$`)
	saidRate = regexp.MustCompile(`(?m)^Requests/sec:\s+([\d.]+)$`)
	saidAll  = regexp.MustCompile(`(?m)^\s*(\d+) requests in `)
	saidBad  = regexp.MustCompile(`(?m)^\s*Non-2xx or 3xx responses: (\d+)`)
)

func (l *load) run(d time.Duration) (r result, err error) {
	before, err := l.server.CPU()
	if err != nil {
		return r, err
	}
	args := []string{"-t1", "-c" + strconv.Itoa(connections), "-d" + strconv.Itoa(int(d.Seconds())) + "s", "--latency", "--timeout", "10s", "-H", "Authorization: Bearer " + l.server.token}
	if l.script != "" {
		args = append(args, "-s", l.script)
	}
	wrk := exec.Command("wrk", append(args, l.server.url+l.path)...) //nolint:gosec // our own arguments
	wrk.Env = append(os.Environ(), "SENT="+strconv.Itoa(l.sent))
	out, err := wrk.CombinedOutput()
	if err != nil {
		return r, fmt.Errorf("wrk: %w: %s", err, out)
	}
	after, err := l.server.CPU()
	if err != nil {
		return r, err
	}
	if bad := saidBad.FindSubmatch(out); bad != nil {
		return r, fmt.Errorf("%s answers were errors", bad[1])
	}
	all, tail, rate := saidAll.FindSubmatch(out), said99.FindSubmatch(out), saidRate.FindSubmatch(out)
	if all == nil || tail == nil || rate == nil {
		return r, fmt.Errorf("wrk said %s", out)
	}
	l.sent += int(number(all[1])) + connections // some were not waited for
	r.rate, r.p99 = number(rate[1]), number(tail[1])*map[string]float64{"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[string(tail[2])]
	r.cpu = float64((after - before).Microseconds()) / number(all[1])
	return r, nil
}

func number(b []byte) float64 {
	f, _ := strconv.ParseFloat(string(b), 64)
	return f
}

const pocketBaseRecord = `{"thread":"%[2]s","user":"user00","content":"%[1]s","status":"complete","token_count":80,"is_user":true}`

// content is what is sent.
var content = strings.Repeat("Prune the roses in March, before they bud. ", 8)

// sendScript writes a script for wrk that posts to the threads in turn.
func sendScript(dir, name, path, body string, threads []store.ID) (string, error) {
	var b strings.Builder
	b.WriteString("local ids = {")
	for _, id := range threads {
		fmt.Fprintf(&b, "%q,", id.String())
	}
	body = strings.ReplaceAll(strings.ReplaceAll(body, "%[1]s", content), "%[2]s", `"..id.."`)
	if !strings.Contains(path, "collections") {
		body = fmt.Sprintf(body, content)
	}
	fmt.Fprintf(&b, `}
local i = tonumber(os.getenv("SENT"))
request = function()
  i = i %% #ids + 1
  local id = ids[i]
  return wrk.format("POST", string.gsub(%q, "%%%%s", id), {["Content-Type"] = "application/json", ["Authorization"] = wrk.headers["Authorization"]}, %s)
end
`, path, luaString(body))
	file := filepath.Join(dir, name)
	return file, os.WriteFile(file, []byte(b.String()), 0o600)
}

// luaString quotes s for Lua, but for the joins of "..id..", which stay code.
func luaString(s string) string {
	parts := strings.Split(s, `"..id.."`)
	for i, p := range parts {
		parts[i] = "[==[" + p + "]==]"
	}
	return strings.Join(parts, "..id..")
}
