package store

import "github.com/parley-app/parley/store/kv"

// metaSpace holds the few values that are no records.
const metaSpace kv.Space = "meta"

var (
	metaVersion   = []byte("version")     // of the data, decimal
	metaIDs       = []byte("ids")         // no id up to this millisecond may be made again
	metaSetup     = []byte("setup_token") // of the first administrator, until used
	metaAudit     = []byte("audit")       // number and hash of the newest audit entry
	metaLimits    = []byte("limits")      // learned context limits of models, see LearnedLimits
	metaUpgrade   = []byte("upgrade")     // the version for which the data was put aside, decimal
	metaRendering = []byte("rendering")   // of the HTML of messages, see Rendering
)

// SetupToken returns the one-time token that makes the first administrator, ""
// when there is none.
func (tx *Tx) SetupToken() (string, error) {
	v, err := tx.get1(metaSpace, metaSetup)
	return string(v), err
}

// SetSetupToken keeps token until it is used; "" removes it.
func (tx *Tx) SetSetupToken(token string) error {
	if token == "" {
		return tx.kv.Delete(metaSpace, metaSetup)
	}
	return tx.kv.Put(metaSpace, metaSetup, []byte(token))
}

// probeKey is written and read by Probe and by nothing else.
var probeKey = []byte("probe")

// Probe writes and reads for real, to tell a store that works from one that
// only answers.
func (tx *Tx) Probe() error { return tx.kv.Put(metaSpace, probeKey, []byte(tx.Now.String())) }
