// Package crashtest proves that nothing acknowledged is ever lost. It runs a real
// process that writes to a store, ends it the hard way (a kill, a sync that
// fails, a disk that is full, a power cut), opens what is left, and compares
// that with what the process had been told was safe.
//
// The judge must be above suspicion, so it is kept simple. A worker plays some
// people who use Parley. All that a person does follows from a seed (see person
// and script_test.go), so there is nothing to record: who knows the seed and how
// many steps of a person were acknowledged knows every word that the store must
// show, and whether one step more is there as a whole or not at all.
//
//	go test -tags torture ./store/crashtest              every part, within a minute
//	make torture TORTURE=10m                             for as long as one likes
//	go test -tags torture ./store/crashtest -seed 17     again what -v showed
//
// What the worker is told to write goes to the disk by fsync and fdatasync, and
// by nothing else. Gate stands before these calls: it counts them, over all
// threads of the process, and can kill the process at any one of them, have it
// fail, or pass it over.
package crashtest
