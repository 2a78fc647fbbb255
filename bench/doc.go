// Package bench holds the load that Parley is measured with. Each benchmark does
// the same work by turns with Parley and with the bare library or call below it,
// and reports the ratio: figures of two runs cannot be compared, ratios can.
package bench
