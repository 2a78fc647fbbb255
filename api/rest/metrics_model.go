package rest

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-app/parley/api"
)

// modelCollector shows how the model servers do, read when they are asked for.
type modelCollector func() []api.ModelStats

var modelFigures = []struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(api.ModelStats) float64
}{
	{modelDesc("running", "Answers that the model server writes."), prometheus.GaugeValue, func(s api.ModelStats) float64 { return float64(s.Running) }},
	{modelDesc("waiting", "Questions in line for the model server."), prometheus.GaugeValue, func(s api.ModelStats) float64 { return float64(s.Waiting) }},
	{modelDesc("breaker_open", "1 while the model server does not answer and questions are kept from it."), prometheus.GaugeValue, func(s api.ModelStats) float64 {
		if s.IsOpen {
			return 1
		}
		return 0
	}},
	{modelDesc("failing_answers", "Answers of one model that failed one after another, the most of any model; 0 below three."), prometheus.GaugeValue, func(s api.ModelStats) float64 { return float64(s.Failing) }},
	{modelDesc("answers_total", "Answers that came to their end."), prometheus.CounterValue, func(s api.ModelStats) float64 { return float64(s.Answered) }},
	{modelDesc("failures_total", "Answers that failed or were stopped."), prometheus.CounterValue, func(s api.ModelStats) float64 { return float64(s.Failed) }},
	{modelDesc("refused_total", "Questions answered at once, because the model server is known to be dead."), prometheus.CounterValue, func(s api.ModelStats) float64 { return float64(s.Refused) }},
	{modelDesc("retries_total", "Questions asked again before their first token."), prometheus.CounterValue, func(s api.ModelStats) float64 { return float64(s.Retried) }},
}

func modelDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("parley_model_"+name, help, []string{"provider"}, nil)
}

// Describe lists the figures.
func (m modelCollector) Describe(to chan<- *prometheus.Desc) {
	for _, f := range modelFigures {
		to <- f.desc
	}
}

// Collect reads them.
func (m modelCollector) Collect(to chan<- prometheus.Metric) {
	for _, s := range m() {
		for _, f := range modelFigures {
			to <- prometheus.MustNewConstMetric(f.desc, f.kind, f.value(s), s.Provider)
		}
	}
}
