package rest

import (
	"github.com/parley-app/parley/api"
)

func (s *Server) instanceRoutes(a *api.API) []route {
	return []route{
		{
			method: get, path: "/models", id: "listModels", tag: "instance", summary: "The models that may be asked, the default first",
			do: handle(a.ListModels), access: signedIn, limit: readClass, errors: paging,
		},
		{
			method: get, path: "/config", id: "getConfig", tag: "instance", summary: "Limits, thresholds and features that a client needs",
			do: handle(a.Config), access: signedIn, limit: readClass,
		},
		{
			method: get, path: "/health", root: true, id: "getHealth", tag: "instance", summary: "How the instance does; 503 when it fails",
			do: plain(s.health, HealthView{}).takes(healthQuery{}), access: public, limit: unlimited,
		},
		{
			method: get, path: "/livez", root: true, id: "getLive", tag: "instance", summary: "Whether the process runs",
			do: plain(s.live, StatusView{}), access: public, limit: unlimited,
		},
		{
			method: get, path: "/readyz", root: true, id: "getReady", tag: "instance", summary: "Whether it takes requests; 503 when it does not",
			do: plain(s.ready, StatusView{}).takes(healthQuery{}), access: public, limit: unlimited,
		},
		{
			method: get, path: "/metrics", root: true, id: "getMetrics", tag: "instance", summary: "Figures in Prometheus' text format",
			do: plain(s.showMetrics, nil), access: public, limit: unlimited,
		},
		{
			method: get, path: "/openapi.json", root: true, id: "getDocument", tag: "instance", summary: "This description",
			do: plain(s.showDocument, map[string]any{}), access: public, limit: readClass,
		},
		{
			method: get, path: "/.well-known/jwks.json", root: true, id: "getKeys", tag: "instance", summary: "The public keys that access tokens verify with (RFC 7517)",
			do: plain(s.showKeys, KeySet{}), access: public, limit: readClass,
		},
	}
}
