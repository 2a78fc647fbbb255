// Package livetest proves what wire.md promises of the socket, from outside: on the
// program as it is built, through TCP, by clients that know the wire and nothing
// else. Its clients check every frame; see Client.
//
// The tests need no network but loopback, and one a network namespace of its own.
// History is the longest of them: clients that come, drop, lag and reload at random
// on a server that is restarted meanwhile. In CI it runs for some seconds, in
// "make torture" for as long as that is told:
//
//	go test ./api/livetest -run History -history 10m
package livetest
