package main

import (
	"cmp"
	_ "embed"
	"net/netip"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/rest"
)

// defaults is the reference of all settings; it is also where their defaults
// come from, so that what is documented is what runs.
//
//go:embed config.yaml
var defaults []byte

// A Config is every setting of one run. config.yaml says what each one means;
// settings, below, says what each one may be.
type Config struct {
	Listen    string
	Data      string
	PublicURL string
	Origins   []string
	Proxies   []netip.Prefix

	TLS struct {
		CertFile, KeyFile string
		SelfSigned        bool
	}
	Log struct {
		Level  string
		Format string
	}
	Heartbeat struct {
		Interval, Timeout time.Duration
	}
	RateLimit RateLimit
	Metrics   struct {
		Listen, Token string
	}
	Health struct {
		Details string
	}
	Auth struct {
		AccessTTL, RefreshTTL, KeyRotation time.Duration
		MasterKey                          string
		BcryptCost                         int
		Registration                       string
	}
	Model   ModelConfig
	Context struct {
		WarningPercent, CriticalPercent int
	}
	Summary SummaryConfig
	Upload  UploadConfig
	Scanner struct {
		URL, WhenDown string
		Timeout       time.Duration
	}
	Store struct {
		WAL bool // keep a write-ahead log
	}
	Backup struct {
		Every, KeepAge time.Duration
		Folder         string
		KeepCount      int
	}
	Disk struct {
		Reserve int64 // bytes
	}
	Shutdown struct {
		Timeout time.Duration
	}
}

// backupFolder is where backups go that are made by themselves.
func (c *Config) backupFolder() string {
	return cmp.Or(c.Backup.Folder, dataFolder(c.Data).path("backups"))
}

// RateLimit is what one user or address may do in a minute, and at once.
type RateLimit struct {
	Enabled                              bool
	Messages, Requests, Uploads, SignIns int
	KeyPercent                           int // of these for one API key
	Sockets                              int // open at once, of one user; 0 is any number
}

// ModelConfig says which model server answers, and how long we wait for it.
type ModelConfig struct {
	OpenAI struct {
		BaseURL, APIKey, Model string
		ContextTokens          int // 0 is what the server says
	}
	MaxConcurrent                                     int
	ConnectTimeout, FirstTokenTimeout, SilenceTimeout time.Duration
	Titles                                            bool
}

// SummaryConfig says when a thread is summed up by itself; a limit of 0 is none.
type SummaryConfig struct {
	Interval, IdleAfter                              time.Duration
	MessageThreshold, TokenThreshold, ContextPercent int
}

// UploadConfig says what is taken from outside. Sizes are in bytes; 0 for a user, a
// project or the instance is no limit.
type UploadConfig struct {
	MaxBytes, UserBytes, ProjectBytes, InstanceBytes int64
	MediaTypes                                       []string
	Images                                           string
	MaxMegapixels                                    int
	MaxUnpacked                                      int64
	KeepUnsent                                       time.Duration
}

// A setting ties one key of config.yaml to its place in a Config.
type setting struct {
	key    string
	value  value
	also   []string // environment variables besides PARLEY_<KEY>, in their order of rank
	secret bool     // never shown; may stand in a file that PARLEY_<KEY>_FILE names
	reload bool     // SIGHUP applies it
}

// settings lists every setting, bound to the fields of c, in config.yaml's order.
func (c *Config) settings() []setting {
	return []setting{
		{key: "listen", value: address(&c.Listen)},
		{key: "data", value: text(&c.Data, "a folder's path")},
		{key: "public_url", value: publicURL(&c.PublicURL)},
		{key: "tls.cert_file", value: filePath(&c.TLS.CertFile)},
		{key: "tls.key_file", value: filePath(&c.TLS.KeyFile)},
		{key: "tls.self_signed", value: boolean(&c.TLS.SelfSigned)},
		{key: "origins", value: origins(&c.Origins)},
		{key: "trusted_proxies", value: networks(&c.Proxies)},
		{key: "log.level", value: oneOf(&c.Log.Level, "debug", "info", "warn", "error"), reload: true},
		{key: "log.format", value: oneOf(&c.Log.Format, "text", "json")},
		{key: "heartbeat.interval", value: span(&c.Heartbeat.Interval, time.Second, time.Hour), reload: true},
		{key: "heartbeat.timeout", value: span(&c.Heartbeat.Timeout, 2*time.Second, 2*time.Hour), reload: true},
		{key: "rate_limit.enabled", value: boolean(&c.RateLimit.Enabled), reload: true},
		{key: "rate_limit.messages_per_minute", value: whole(&c.RateLimit.Messages, 1, 1_000_000), reload: true},
		{key: "rate_limit.requests_per_minute", value: whole(&c.RateLimit.Requests, 1, 1_000_000), reload: true},
		{key: "rate_limit.uploads_per_minute", value: whole(&c.RateLimit.Uploads, 1, 1_000_000), reload: true},
		{key: "rate_limit.sign_ins_per_minute", value: whole(&c.RateLimit.SignIns, 1, 1_000_000), reload: true},
		{key: "rate_limit.api_key_percent", value: whole(&c.RateLimit.KeyPercent, 1, 100), reload: true},
		{key: "rate_limit.sockets_per_user", value: whole(&c.RateLimit.Sockets, 0, 1_000_000), reload: true},
		{key: "metrics.listen", value: optionalAddress(&c.Metrics.Listen)},
		{key: "metrics.token", value: text(&c.Metrics.Token, ""), secret: true},
		{key: "health.details", value: oneOf(&c.Health.Details, rest.HealthForEveryone, rest.HealthForLocal, rest.HealthForToken)},
		{key: "auth.access_ttl", value: span(&c.Auth.AccessTTL, time.Second, 24*time.Hour)},
		{key: "auth.refresh_ttl", value: span(&c.Auth.RefreshTTL, time.Second, 10*365*24*time.Hour)},
		{key: "auth.key_rotation", value: span(&c.Auth.KeyRotation, time.Second, 10*365*24*time.Hour)},
		{key: "auth.master_key", value: masterKey(&c.Auth.MasterKey), secret: true},
		{key: "auth.bcrypt_cost", value: whole(&c.Auth.BcryptCost, 10, 16)},
		{key: "auth.registration", value: oneOf(&c.Auth.Registration, "closed", "invite", "open"), reload: true},
		{key: "model.openai.base_url", value: baseURL(&c.Model.OpenAI.BaseURL, "http://127.0.0.1:11434/v1"), also: []string{"OPENAI_BASE_URL"}},
		{key: "model.openai.api_key", value: text(&c.Model.OpenAI.APIKey, ""), also: []string{"OPENAI_API_KEY"}, secret: true},
		{key: "model.openai.model", value: text(&c.Model.OpenAI.Model, ""), also: []string{"OPENAI_MODEL"}},
		{key: "model.openai.context_tokens", value: whole(&c.Model.OpenAI.ContextTokens, 0, 100_000_000)},
		{key: "model.max_concurrent", value: whole(&c.Model.MaxConcurrent, 1, 1000)},
		{key: "model.connect_timeout", value: span(&c.Model.ConnectTimeout, 10*time.Millisecond, 5*time.Minute)},
		{key: "model.first_token_timeout", value: span(&c.Model.FirstTokenTimeout, 10*time.Millisecond, time.Hour)},
		{key: "model.silence_timeout", value: span(&c.Model.SilenceTimeout, 10*time.Millisecond, time.Hour)},
		{key: "model.titles", value: boolean(&c.Model.Titles)},
		{key: "context.warning_percent", value: whole(&c.Context.WarningPercent, 1, 100)},
		{key: "context.critical_percent", value: whole(&c.Context.CriticalPercent, 1, 100)},
		{key: "summary.interval", value: span(&c.Summary.Interval, 0, 24*time.Hour)},
		{key: "summary.context_percent", value: whole(&c.Summary.ContextPercent, 0, 100)},
		{key: "summary.message_threshold", value: whole(&c.Summary.MessageThreshold, 0, 1_000_000)},
		{key: "summary.token_threshold", value: whole(&c.Summary.TokenThreshold, 0, 100_000_000)},
		{key: "summary.idle_after", value: span(&c.Summary.IdleAfter, 0, 30*24*time.Hour)},
		{key: "upload.max_bytes", value: byteSizeOf(&c.Upload.MaxBytes, 1, 4<<30)},
		{key: "upload.user_bytes", value: byteSize(&c.Upload.UserBytes)},
		{key: "upload.project_bytes", value: byteSize(&c.Upload.ProjectBytes)},
		{key: "upload.instance_bytes", value: byteSize(&c.Upload.InstanceBytes)},
		{key: "upload.media_types", value: mediaTypes(&c.Upload.MediaTypes)},
		{key: "upload.images", value: oneOf(&c.Upload.Images, api.ImagesKept, api.ImagesStripped, api.ImagesReencoded)},
		{key: "upload.max_megapixels", value: whole(&c.Upload.MaxMegapixels, 1, 1000)},
		{key: "upload.max_unpacked", value: byteSizeOf(&c.Upload.MaxUnpacked, 1<<20, 16<<30)},
		{key: "upload.keep_unsent", value: span(&c.Upload.KeepUnsent, time.Minute, 365*24*time.Hour)},
		{key: "scanner.url", value: scannerURL(&c.Scanner.URL)},
		{key: "scanner.when_down", value: oneOf(&c.Scanner.WhenDown, "wait", "refuse")},
		{key: "scanner.timeout", value: span(&c.Scanner.Timeout, time.Second, time.Hour)},
		{key: "store.wal", value: boolean(&c.Store.WAL)},
		{key: "backup.every", value: span(&c.Backup.Every, 0, 10*365*24*time.Hour)},
		{key: "backup.folder", value: text(&c.Backup.Folder, "")},
		{key: "backup.keep_count", value: whole(&c.Backup.KeepCount, 0, 1_000_000)},
		{key: "backup.keep_age", value: span(&c.Backup.KeepAge, 0, 100*365*24*time.Hour)},
		{key: "disk.reserve", value: byteSize(&c.Disk.Reserve)},
		{key: "shutdown.timeout", value: span(&c.Shutdown.Timeout, 0, 10*time.Minute)},
	}
}
