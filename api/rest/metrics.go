package rest

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/hub"
)

// metrics are the figures at /metrics, in a registry of their own so that two
// servers of one process do not share them.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	limited  *prometheus.CounterVec
	halves   prometheus.Counter
	closed   *prometheus.CounterVec
	refused  *prometheus.CounterVec
}

// A Figure is a number at /metrics that another room knows; it is read when it is
// asked for.
type Figure struct {
	Name, Help string
	Value      func() float64
}

func newMetrics(version string, a *api.API, live *hub.Hub, figures []Figure) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "parley_http_request_duration_seconds", Help: "Time from the first handler to the answer, by route, method and status.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10, 60},
		}, []string{"route", "method", "status"}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_rate_limited_total", Help: "Requests refused by a rate limit, by its class.",
		}, []string{"class"}),
		halves: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parley_http_unfinished_total", Help: "Requests, handshakes of sockets too, whose head did not come to its end in time: half-open connections.",
		}),
		closed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_live_closed_total", Help: "Sockets that ended, by close code and reason.",
		}, []string{"code", "reason"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_live_refused_total", Help: "Frames of clients that were answered with an error, by its code.",
		}, []string{"error_code"}),
	}
	m.beginAtZero()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "parley_build_info", Help: "Always 1; the label says which build runs.", ConstLabels: prometheus.Labels{"version": version},
	})
	info.Set(1)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests, m.limited, m.halves, m.closed, m.refused, info)
	if live != nil {
		m.registry.MustRegister(liveCollector(live.Stats))
	}
	if a != nil {
		m.registry.MustRegister(modelCollector(a.ModelStats), scanCollector(a.ScanStats), summaryCollector(a.SummaryStats))
	}
	for _, f := range figures {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: f.Name, Help: f.Help}, f.Value))
	}
	return m
}

// beginAtZero makes the series whose labels are known beforehand, so that rate() sees
// the first event of each too.
func (m *metrics) beginAtZero() {
	for _, name := range classNames[readClass:] {
		m.limited.WithLabelValues(name)
	}
	code, _ := reflect.TypeFor[errorFields]().FieldByName("Code")
	for code := range strings.SplitSeq(code.Tag.Get("enum"), ",") {
		m.refused.WithLabelValues(code)
	}
	for _, end := range []hub.ClosedError{
		{Code: 0, Reason: byClient},
		{Code: hub.CodeGoingAway, Reason: "the server is going away"},
		{Code: closeTimeout, Reason: "no sign of life"},
		{Code: closeTimeout, Reason: "nothing was read"},
		{Code: closeSignedOut, Reason: "signed out"},
		{Code: hub.CodeTooMany, Reason: "too many frames"},
	} {
		m.closed.WithLabelValues(closedLabels(&end)...)
	}
}

// observe counts one request. Route must be one of the table's, not what the
// client wrote: each new one costs memory for good.
func (m *metrics) observe(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}

// closedSocket counts one.
func (m *metrics) closedSocket(end *hub.ClosedError) {
	m.closed.WithLabelValues(closedLabels(end)...).Inc()
}

// closedLabels returns the labels of a socket that ended. Reasons are the server's own
// words; the code that a client chose must not make a series of its own.
func closedLabels(end *hub.ClosedError) []string {
	if end.Reason == byClient {
		return []string{"client", "the client left"}
	}
	return []string{strconv.Itoa(end.Code), end.Reason}
}

func (m *metrics) serve(c *fiber.Ctx) error {
	families, err := m.registry.Gather()
	if err != nil {
		return err
	}
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	var b bytes.Buffer
	encoder := expfmt.NewEncoder(&b, format)
	for _, f := range families {
		if err := encoder.Encode(f); err != nil {
			return err
		}
	}
	c.Set(fiber.HeaderContentType, string(format))
	c.Response().SetBodyRaw(b.Bytes())
	return nil
}

// liveCollector shows the hub's figures, read when they are asked for.
type liveCollector func() hub.Stats

var liveFigures = []struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(hub.Stats) float64
}{
	{liveDesc("sockets", "Sockets that are open."), prometheus.GaugeValue, func(s hub.Stats) float64 { return float64(s.Connections) }},
	{liveDesc("topics", "Topics with a subscriber or an answer."), prometheus.GaugeValue, func(s hub.Stats) float64 { return float64(s.Topics) }},
	{liveDesc("answers", "Answers that are being written."), prometheus.GaugeValue, func(s hub.Stats) float64 { return float64(s.Answers) }},
	{liveDesc("published_total", "Frames published."), prometheus.CounterValue, func(s hub.Stats) float64 { return float64(s.Published) }},
	{liveDesc("queued_total", "Frames queued, one per receiver."), prometheus.CounterValue, func(s hub.Stats) float64 { return float64(s.Queued) }},
	{liveDesc("merged_total", "Chunks that joined a frame that waited already."), prometheus.CounterValue, func(s hub.Stats) float64 { return float64(s.Merged) }},
	{liveDesc("dropped_total", "Frames lost by receivers that were too slow."), prometheus.CounterValue, func(s hub.Stats) float64 { return float64(s.Dropped) }},
	{liveDesc("resyncs_total", "Snapshots sent in the place of what was lost."), prometheus.CounterValue, func(s hub.Stats) float64 { return float64(s.Resyncs) }},
	{liveDesc("kicked_total", "Sockets closed by the server."), prometheus.CounterValue, func(s hub.Stats) float64 { return float64(s.Kicked) }},
	{liveDesc("sent_bytes_total", "Bytes handed to sockets."), prometheus.CounterValue, func(s hub.Stats) float64 { return float64(s.Bytes) }},
}

func liveDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("parley_live_"+name, help, nil, nil)
}

// Describe lists the figures.
func (l liveCollector) Describe(to chan<- *prometheus.Desc) {
	for _, f := range liveFigures {
		to <- f.desc
	}
}

// Collect reads them.
func (l liveCollector) Collect(to chan<- prometheus.Metric) {
	s := l()
	for _, f := range liveFigures {
		to <- prometheus.MustNewConstMetric(f.desc, f.kind, f.value(s))
	}
}
