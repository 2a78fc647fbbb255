package rest

import (
	"net/http"
	"time"

	"github.com/parley-app/parley/api"
)

// backupTimeout is how long a request may wait for a backup.
const backupTimeout = 30 * time.Minute

// auditCheckTimeout is how long a request may take to walk through the whole audit.
const auditCheckTimeout = 5 * time.Minute

func (s *Server) adminRoutes(a *api.API) []route {
	return []route{
		{
			method: get, path: "/usage", id: "getUsage", tag: "account", summary: "What the caller had of the models, by day",
			do: handle(a.Usage), access: signedIn, limit: readClass, errors: paging,
		},
		{
			method: get, path: "/admin/status", id: "getStatus", tag: "admin", summary: "How the instance is: version, health, how much there is of what",
			do: handle(a.Status), access: adminOnly, audit: "status_read", limit: expensive,
		},
		{
			method: get, path: "/admin/usage", id: "getInstanceUsage", tag: "admin", summary: "What everybody had of the models, by user",
			do: handle(a.AdminUsage), access: adminOnly, audit: "usage_read", limit: expensive, errors: paging,
		},
		{
			method: get, path: "/admin/backups", id: "listBackups", tag: "admin", summary: "The backups in the folder of backups, the newest first",
			do: handle(a.ListBackups), access: adminOnly, audit: "backups_listed", limit: readClass, errors: paging,
		},
		{
			method: post, path: "/admin/backups", id: "createBackup", tag: "admin", summary: "Make a backup; answered when it is proven good",
			do: handle(a.CreateBackup), access: adminOnly, audit: "backup_made", limit: expensive, status: http.StatusCreated, timeout: backupTimeout,
		},
		{
			method: post, path: "/admin/keys/rotate", id: "rotateKeys", tag: "admin", summary: "Sign access tokens with a new key from now on",
			do: handle(a.ReplaceKeys), access: adminOnly, audit: "keys_rotated", limit: expensive,
		},
		{
			method: get, path: "/admin/audit", id: "listAudit", tag: "admin", summary: "Who did what to the instance, the newest first",
			do: handle(a.ListAudit), access: adminOnly, audit: "audit_read", limit: readClass, errors: paging,
		},
		{
			method: get, path: "/admin/audit/check", id: "checkAudit", tag: "admin", summary: "Whether the chain of the audit is whole, and where it first is not",
			do: handle(a.CheckAudit), access: adminOnly, audit: "audit_checked", limit: expensive, timeout: auditCheckTimeout,
		},
		{
			method: get, path: "/admin/audit/export", id: "exportAudit", tag: "admin", summary: "The same as JSON lines, the oldest first",
			do: lines(handle(a.ExportAudit), s, "parley-audit.jsonl"), access: adminOnly, audit: "audit_exported", limit: expensive,
		},
	}
}
