package api

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/scan"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/blob"
)

// Options are what New is told; see config.yaml for what each setting means.
// Zero values take the defaults named there.
type Options struct {
	Store     *store.Store
	Hub       *hub.Hub
	Providers []llm.Provider // the first one's default model is the default
	Log       *slog.Logger   // nil means slog.Default()
	Now       func() time.Time

	AccessTTL   time.Duration // of access tokens, 15 minutes
	RefreshTTL  time.Duration // of sessions without use, 30 days
	KeyRotation time.Duration // between signing keys, 30 days
	MasterKey   string        // wraps the signing keys in the store; "" leaves them open
	BcryptCost  int           // 12; at least 10, but in tests

	ContextTokens   int // of models whose server does not tell; 8,192 is assumed without it
	WarningPercent  int // of the context, 80
	CriticalPercent int // of the context, 95
	MaxConcurrent   int // answers that one model server writes at once, 4

	// Registration says who may make an account for themselves: closed, the default,
	// invite or open. SetRegistration changes it.
	Registration string

	// Version is that of the program, for Status.
	Version string

	// Keeper looks after the data; nil: nobody does, and there are no backups.
	Keeper Keeper

	// Blobs keep the bytes of attachments; nil: none are taken.
	Blobs   *blob.Store
	Uploads Uploads
	// Scanner looks at attachments before anybody may read them; nil: nobody does.
	Scanner *scan.Scanner
	// RefuseUnscanned refuses attachments while the scanner does not answer; else
	// they wait for it.
	RefuseUnscanned bool

	// Titles has the model make the title of a thread after its first answer.
	Titles bool

	// Summaries say when threads are summed up by themselves; zero: they are not.
	Summaries Summaries

	// Checks are parts of the instance that the verbs do not know, by the name
	// that Health gives them.
	Checks map[string]func(context.Context) HealthCheck

	contextIsSet bool // ContextTokens is not the default
}

const (
	defaultAccessTTL   = 15 * time.Minute
	defaultKeyRotation = 30 * 24 * time.Hour

	// DefaultContextTokens is what a model is assumed to read when nothing tells.
	DefaultContextTokens = 8192
)

func (o *Options) setDefaults() {
	orDefault(&o.AccessTTL, defaultAccessTTL)
	orDefault(&o.RefreshTTL, 30*24*time.Hour)
	orDefault(&o.KeyRotation, defaultKeyRotation)
	orDefault(&o.BcryptCost, 12)
	o.contextIsSet = o.ContextTokens > 0
	orDefault(&o.ContextTokens, DefaultContextTokens)
	orDefault(&o.WarningPercent, 80)
	orDefault(&o.CriticalPercent, 95)
	orDefault(&o.MaxConcurrent, 4)
	orDefault(&o.Registration, RegistrationClosed)
	orDefault(&o.Log, slog.Default())
	o.Uploads.setDefaults()
	if o.Now == nil {
		o.Now = time.Now
	}
}

func orDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// An API is the verbs of one instance. It is safe for concurrent use.
type API struct {
	o         Options
	store     *store.Store
	hub       *hub.Hub
	log       *slog.Logger
	ring      *KeyRing
	models    *models
	turns     *turns
	creates   inFlight
	rights    rights
	presence  *presence
	gallery   threadGallery
	outlines  outlines
	fileSizes fileSizes
	audiences audiences
	guard     *guard
	probes    map[string]*probe
	outages   outages
	files     *files
	failures  *sieve // of sign-ins
	failed    failedSignIns

	registration atomic.Value // string
	began        time.Time
	beside       *background
	digest       summarizers
}

// New makes the verbs over an open store. It makes the first signing key and
// marks the answers that a crash cut off as interrupted.
func New(ctx context.Context, o Options) (*API, error) {
	o.setDefaults()
	if err := checkCost(o.BcryptCost); err != nil {
		return nil, err
	}
	a := &API{o: o, store: o.Store, hub: o.Hub, log: o.Log, guard: newGuard(o.Now)}
	var err error
	a.ring, err = NewKeyRing(KeyRingOptions{o.Store, o.Now, o.AccessTTL, o.KeyRotation, o.MasterKey})
	if err != nil {
		return nil, err
	}
	a.models = newModels(o)
	a.probes = a.newProbes()
	a.turns = newTurns()
	a.turns.onFree = a.advance
	a.presence = newPresence()
	a.failures = newSieve()
	a.began = o.Now()
	a.SetRegistration(o.Registration)
	a.hub.OnAudience(a.presence.move)
	a.store.OnLoss(a.onLoss)
	a.ring.revoked = a.onRevokedTokens
	a.files = newFiles()
	a.beside = newBackground()
	if err := a.RotateKeys(ctx); err != nil {
		return nil, err
	}
	if err := a.loadLimits(ctx); err != nil {
		return nil, err
	}
	return a, a.interruptStale(ctx)
}

// Offline is New for a command that has the store to itself: of the verbs, only
// those about accounts work. Nobody can sign in, and nothing is answered.
func Offline(o Options) (*API, error) {
	o.setDefaults()
	if o.Hub == nil {
		o.Hub = hub.New(hub.Options{})
	}
	return &API{o: o, store: o.Store, hub: o.Hub, log: o.Log}, checkCost(o.BcryptCost)
}

// fields are the members of a frame beside its type.
type fields map[string]any
