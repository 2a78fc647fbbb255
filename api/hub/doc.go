// Package hub carries what is live from the verbs to the open connections:
// topics, connections and the answers that are being written. It keeps
// everything in memory, knows no transport and no record, and has goroutines only while
// somebody is to be told that something waits.
//
//	h := hub.New(hub.Options{Header: wsTextHeader})
//
// # A connection (the transport's side)
//
//	c := h.Connect(hub.Label{UserID: user, SessionID: session})
//	defer c.Close()
//	c.Send(established)                 // a frame for this connection alone
//	c.SendRaw(pong)                     // bytes that the transport has made ready itself
//	c.Subscribe(hub.ThreadTopic(id))    // in one instant: the snapshot, then all that follows it
//	c.Unsubscribe(hub.ThreadTopic(id))
//	c.OnKick(func() { … })              // runs once when the connection has to end
//	c.Leave(code, reason)               // the client ends it: what waits, then *ClosedError
//	c.OnReady(func() bool {             // something waits; must not block
//		batch, err := c.Next()      // all of it, ready for one write; valid until the next call; or nothing
//		if closed := (*hub.ClosedError)(nil); errors.As(err, &closed) { … close with closed.Code … }
//		…write batch, and so on until nothing waits…
//		return false
//	})
//
// # What happens (the verbs' side)
//
//	h.Publish(topic, frame)             // one JSON object to every subscriber; never waits
//	a, err := h.Begin(info, start)      // start: the frame assistant_message_start, or nil
//	a.Await(frame)                      // its place in a line, also for who comes later
//	size := a.Append(token)             // to the text and to every subscriber, in one instant
//	text, next := a.Snapshot()          // what everyone has been sent so far: store this
//	a.End(final)                        // the last frame; then the topic has no answer any more
//	h.Answer(threadID)                  // the answer being written, or nil
//	h.KickWhere(func(l hub.Label) bool { return l.SessionID == id }, 4401, "signed out")
//	h.Remove(topic, where)              // subscribers leave a topic without their connection ending
//	h.Revoke(topic, where, farewell)    // and are not even sent what waits
//	h.Audience(topic)                   // who listens; h.OnAudience hears when that changes
//	h.Announce(frame)                   // word to all that Shutdown comes soon
//	h.Shutdown(ctx, frame)              // server_shutdown to each, close 1001, wait for all to leave
//	h.Stats()                           // plain figures for metrics
//
// # What a receiver may rely on
//
// Frames of one topic arrive in the order in which they were published. A
// stream_chunk continues exactly where the subscribed frame or the chunk before
// it ended; there is no gap and no repetition, whatever the receiver's speed.
// Chunks of one answer that wait together become one frame.
//
// A receiver for which Options.QueueBytes of threads' frames wait loses these. When it
// reads again it gets a fresh subscribed frame for each thread that lost something,
// which it did not ask for and which tells it to fetch what it may have missed. What
// was sent to it alone or to a topic that is no thread is never lost: when as much
// of that waits the connection is kicked, with CodeTooMany or CodeTryLater.
//
// # How it stays cheap
//
// A frame is encoded once and shared by all its receivers. The text of a running
// answer exists once, already escaped for JSON; a queue holds only which part of it
// its receiver still needs, so merging is an addition and a reader that lags
// costs no memory for text. Large pieces are handed out as they are, never copied.
//
// Locks are taken in the order topic, connection, hub. No lock is held while a
// callback of the caller's runs, except Options.Header.
package hub
