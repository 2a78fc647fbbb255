package rest

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-app/parley/api"
)

// scanCollector shows what has come of scanning attachments, read when it is asked for.
type scanCollector func() api.ScanStats

var scanDesc = prometheus.NewDesc("parley_attachment_scans_total",
	"Scans of attachments, by their outcome; unanswered: the scanner did not answer, and they wait.", []string{"outcome"}, nil)

// Describe lists the figure.
func (s scanCollector) Describe(to chan<- *prometheus.Desc) { to <- scanDesc }

// Collect reads it.
func (s scanCollector) Collect(to chan<- prometheus.Metric) {
	is := s()
	for outcome, n := range map[string]uint64{"clean": is.Clean, "infected": is.Infected, "failed": is.Failed, "unanswered": is.Unanswered} {
		to <- prometheus.MustNewConstMetric(scanDesc, prometheus.CounterValue, float64(n), outcome)
	}
}
