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
//	make test-crash                              every part, with fixed seeds and one that is drawn
//	make torture TORTURE=10m                     for as long as one likes, with ever new ones
//	scripts/crash-matrix -seed 17 -test.v -test.run PowerCut
//
// The workers keep the store with the engine's log or without it, some by turns on
// one store.
//
// The matrix: killed at random; killed at every sync; every sync fails; a disk that
// is full, tmpfs and ext4; the power cut at random and before every sync; killed
// while upgrading each golden store, and while taking down a large delete. Each
// ends with a check that finds nothing and a look at all that was acknowledged. A
// last one passes every sync over and wants to be caught.
//
// A machine that cannot mount file systems says at the end what was NOT TESTED; with
// CI=true that is a failure.
//
// What the worker is told to write goes to the disk by fsync and fdatasync, and
// by nothing else. Gate stands before these calls: it counts them, over all
// threads of the process, and can kill the process at any one of them, have it
// fail, or pass it over.
package crashtest
