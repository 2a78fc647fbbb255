package rest

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-app/parley/api"
)

// summaryCollector shows how the summaries do, read when it is asked for.
type summaryCollector func() api.SummaryStats

var (
	summaryDesc = prometheus.NewDesc("parley_summaries_total",
		"Summaries that were made, because somebody asked or by themselves, and tries that failed.", []string{"outcome"}, nil)
	summaryWaitingDesc = prometheus.NewDesc("parley_summaries_waiting", "Threads that want a summary; it is counted to 1,000.", nil, nil)
)

// Describe lists the figures.
func (s summaryCollector) Describe(to chan<- *prometheus.Desc) {
	to <- summaryDesc
	to <- summaryWaitingDesc
}

// Collect reads them.
func (s summaryCollector) Collect(to chan<- prometheus.Metric) {
	is := s()
	for outcome, n := range map[string]uint64{"asked": is.Asked, "automatic": is.Automatic, "failed": is.Failed} {
		to <- prometheus.MustNewConstMetric(summaryDesc, prometheus.CounterValue, float64(n), outcome)
	}
	to <- prometheus.MustNewConstMetric(summaryWaitingDesc, prometheus.GaugeValue, float64(is.Waiting))
}
