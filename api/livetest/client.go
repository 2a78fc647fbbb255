package livetest

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/fasthttp/websocket"
)

// A Client follows one thread as wire.md tells it to, over as many sockets as it
// takes, and finds out when the server does not keep its promises: text that is
// lost, comes twice or in another order, or that is not the beginning of what is
// stored in the end. Its fields and methods are for one goroutine.
type Client struct {
	Name   string
	URL    string // http://…, of the server or of a proxy in front of it
	Token  string
	Thread string
	Server *Server // for REST
	Dial   Dialer  // nil is the system's own
	TLS    *tls.Config
	Header http.Header // more of the handshake's; without a cookie, Token is sent

	Heard func(chunk string) // is called for every chunk that is new; nil: nothing is

	// What it shows.
	Order []string         // ids of messages, as they came
	Texts map[string]*Text // by id

	// Killed says that the server may be killed: then of an answer that was cut off by
	// that, less may be stored than was shown.
	Killed bool

	Wait   time.Duration // for a frame, at most; 0 is Patience
	Buffer int           // bytes that the system may hold for it unread; 0 is the system's own

	ws     *websocket.Conn
	conn   net.Conn
	subbed bool
	told   map[string]bool // frames of this socket that may come once

	After   time.Duration // what server_shutdown said, of this socket
	Sockets int           // opened so far
	Finals  int           // answers that ended before its eyes
	Chunks  int
}

// A Text is a message as far as the client has it.
type Text struct {
	Content string
	Next    int
	Whole   bool // complete, and as stored
	Fetched bool // over REST: what the socket still says of it is old
	Queued  bool // a question that waits for the answer before it
}

// errGone is a socket that is closed, by whomever.
var errGone = errors.New("the socket is closed")

type serverFrame struct {
	Type      string `json:"type"`
	ThreadID  string `json:"thread_id"`
	MessageID string `json:"message_id"`
	Chunk     string `json:"chunk"`
	First     int    `json:"chunk_index"`
	Next      int    `json:"next_index"`
	Final     bool   `json:"is_final"`
	After     int    `json:"reconnect_after_ms"`
	Code      string `json:"error_code"`
	Message   Stored `json:"message"`
	Streaming *struct {
		MessageID string `json:"message_id"`
		Content   string `json:"content"`
		Next      int    `json:"next_index"`
	} `json:"streaming"`
}

// Open connects and subscribes; then it fetches what it may have missed.
func (c *Client) Open() error {
	header := c.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header.Get("Cookie") == "" {
		header.Set("Authorization", "Bearer "+c.Token)
	}
	d := websocket.Dialer{HandshakeTimeout: Patience, TLSClientConfig: c.TLS, NetDial: func(_, address string) (net.Conn, error) {
		conn, err := c.Dial.orDefault()(address)
		if t, ok := conn.(*net.TCPConn); ok && c.Buffer > 0 {
			_ = t.SetReadBuffer(c.Buffer)
		}
		c.conn = conn
		return conn, err
	}}
	ws, r, err := d.Dial("ws"+strings.TrimPrefix(c.URL, "http")+"/ws/chat/"+c.Thread, header)
	if r != nil {
		_ = r.Body.Close() // holds nothing, or the reason
	}
	switch {
	case err != nil && r != nil && r.StatusCode < 500:
		return fmt.Errorf("%s: the socket was refused with %s", c.Name, r.Status)
	case err != nil:
		return errGone
	}
	c.ws, c.subbed, c.After, c.told = ws, false, 0, map[string]bool{}
	c.Sockets++
	for !c.subbed {
		if err := c.Read(); err != nil {
			return err
		}
	}
	return nil
}

// fetch gets the messages that are complete, after the last that it has complete.
// Then all is, but for the one that is being written.
func (c *Client) fetch(writing string) error {
	after := ""
	for _, id := range c.Order {
		if !c.Texts[id].Whole || c.Texts[id].Queued { // its answer will stand right behind it
			break
		}
		after = id
	}
	list, err := c.Server.Messages(c.Thread, after)
	if err != nil {
		return errGone // the server has gone meanwhile
	}
	for _, m := range list {
		if m.Status == "streaming" {
			continue // its text comes by the socket
		}
		if err := c.whole(m, true); err != nil {
			return err
		}
	}
	for id, t := range c.Texts {
		if !t.Whole && id != writing {
			return fmt.Errorf("%s: nobody writes %s, and it is not complete", c.Name, id)
		}
	}
	return nil
}

// Drop closes the connection, politely or not.
func (c *Client) Drop(polite bool) {
	if c.ws == nil {
		return
	}
	if polite {
		_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1001, ""), time.Now().Add(time.Second))
	} else if t, ok := c.conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.conn.Close()
	c.ws = nil
}

// Subscribe asks for a snapshot once more.
func (c *Client) Subscribe() error {
	return c.Send(fmt.Sprintf(`{"type":"subscribe","thread_id":%q}`, c.Thread))
}

// Send sends a frame.
func (c *Client) Send(frame string) error {
	if c.ws == nil {
		return errGone
	}
	_ = c.ws.SetWriteDeadline(time.Now().Add(Patience))
	if c.ws.WriteMessage(websocket.TextMessage, []byte(frame)) != nil {
		return errGone
	}
	return nil
}

// Read takes the next frame. It returns errGone when the socket is closed, and what
// was wrong with the frame.
func (c *Client) Read() error {
	wait := cmp.Or(c.Wait, Patience)
	_ = c.ws.SetReadDeadline(time.Now().Add(wait))
	_, b, err := c.ws.ReadMessage()
	if err != nil {
		c.ws = nil
		_ = c.conn.Close()
		if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
			return fmt.Errorf("%s: nothing came for %v", c.Name, wait)
		}
		return errGone
	}
	var f serverFrame
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("%s: %w in %.200q", c.Name, err, b)
	}
	if err := c.take(f); err != nil {
		return fmt.Errorf("%s: %w (%.300s)", c.Name, err, b)
	}
	if f.Type != "subscribed" {
		return nil
	}
	c.subbed = true
	if f.Streaming != nil {
		return c.fetch(f.Streaming.MessageID)
	}
	return c.fetch("")
}

// once says that a frame may come once on a socket.
func (c *Client) once(what string) error {
	if c.told[what] {
		return errors.New("it comes twice")
	}
	c.told[what] = true
	return nil
}

func (c *Client) take(f serverFrame) error {
	switch {
	case f.Type == "server_shutdown":
		c.After = time.Duration(f.After) * time.Millisecond
	case f.Type == "subscribed" && f.Streaming != nil:
		return c.snapshot(f.Streaming.MessageID, f.Streaming.Content, f.Streaming.Next)
	case f.Type == "new_message":
		if t := c.Texts[f.Message.ID]; t != nil && !t.Fetched {
			return errors.New("a message that is there already")
		}
		return errors.Join(c.once("new "+f.Message.ID), c.whole(f.Message, true))
	case f.Type == "message_queued", f.Type == "message_updated" && f.Message.IsUser: // it waits, or no longer does
		return c.whole(f.Message, true)
	case f.Type == "assistant_message_start":
		if t := c.Texts[f.MessageID]; t != nil && !t.Fetched && (t.Next > 0 || t.Whole) {
			return errors.New("an answer begins that has begun")
		}
		c.text(f.MessageID)
	case f.Type == "stream_chunk" && f.Final:
		if t := c.Texts[f.MessageID]; t == nil || !t.Whole && t.Content != f.Message.Content {
			return fmt.Errorf("the answer ends with %d bytes, shown is %+.60v", len(f.Message.Content), t)
		}
		c.Finals++
		return errors.Join(c.once("final "+f.MessageID), c.whole(f.Message, false))
	case f.Type == "stream_chunk":
		return c.chunk(f)
	case f.Type == "error" && f.Code != "rate_limited":
		return errors.New("an error")
	}
	return nil
}

func (c *Client) text(id string) *Text {
	if c.Texts == nil {
		c.Texts = map[string]*Text{}
	}
	if c.Texts[id] == nil {
		c.Texts[id] = &Text{}
		c.Order = append(c.Order, id)
	}
	return c.Texts[id]
}

func (c *Client) snapshot(id, content string, next int) error {
	t := c.text(id)
	switch {
	case t.Fetched:
		return nil
	case t.Whole:
		return errors.New("a snapshot of an answer that has ended")
	}
	if !strings.HasPrefix(content, t.Content) {
		return fmt.Errorf("the snapshot of %d bytes does not continue the %d that are shown", len(content), len(t.Content))
	}
	t.Content, t.Next = content, next
	return nil
}

func (c *Client) chunk(f serverFrame) error {
	t := c.text(f.MessageID)
	switch {
	case t.Fetched:
		return nil
	case t.Whole:
		return errors.New("a chunk of an answer that has ended")
	case f.First != t.Next || f.Next <= f.First || f.Chunk == "":
		return fmt.Errorf("a chunk of index %d to %d, expected %d", f.First, f.Next, t.Next)
	}
	t.Content, t.Next = t.Content+f.Chunk, f.Next
	c.Chunks++
	if c.Heard != nil {
		c.Heard(f.Chunk)
	}
	return nil
}

func (c *Client) whole(m Stored, fetched bool) error {
	t := c.text(m.ID)
	cut := c.Killed && fetched && !t.Whole && m.Status == "interrupted" && strings.HasPrefix(t.Content, m.Content)
	if !cut && !strings.HasPrefix(m.Content, t.Content) || t.Whole && m.Content != t.Content {
		return fmt.Errorf("the %d bytes of %s that are stored do not begin with the %d that were shown", len(m.Content), m.ID, len(t.Content))
	}
	t.Content, t.Whole, t.Fetched, t.Queued = m.Content, true, fetched, m.Status == "queued"
	return nil
}

// Follow reads, and comes back when it has to, until done says that it has all.
func (c *Client) Follow(done func(*Client) bool) error {
	for !done(c) {
		err := errGone
		if c.ws != nil {
			err = c.Read()
		}
		if errors.Is(err, errGone) {
			err = c.Return()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Return connects again, at the time that the server asked for, and again until it
// can.
func (c *Client) Return() error {
	wait := c.After
	for end := time.Now().Add(Patience); time.Now().Before(end); {
		time.Sleep(wait) // as a page does; nothing is waited for here
		err := c.Open()
		if !errors.Is(err, errGone) {
			return err
		}
		wait = min(2*wait, 2*time.Second) + 100*time.Millisecond
	}
	return fmt.Errorf("%s: cannot come back", c.Name)
}

// Complete says what the client shows otherwise than it is stored.
func (c *Client) Complete(stored []Stored) error {
	if len(c.Order) != len(stored) {
		return fmt.Errorf("%s: shows %d messages, %d are stored", c.Name, len(c.Order), len(stored))
	}
	for _, m := range stored {
		t := c.Texts[m.ID]
		if t == nil || !t.Whole || t.Content != m.Content {
			return fmt.Errorf("%s: shows %+.60v of %s, stored are %d bytes", c.Name, t, m.ID, len(m.Content))
		}
	}
	return nil
}

// Has says whether everything that is shown is complete, and how many messages.
func (c *Client) Has(messages int) bool {
	if len(c.Order) < messages {
		return false
	}
	for _, t := range c.Texts {
		if !t.Whole {
			return false
		}
	}
	return true
}

// Closed reads to the end of the socket and returns the code that it is closed
// with; 0 when it just ends.
func (c *Client) Closed() int {
	for c.ws != nil {
		_ = c.ws.SetReadDeadline(time.Now().Add(Patience))
		if _, _, err := c.ws.ReadMessage(); err != nil {
			c.Drop(true)
			if end, ok := errors.AsType[*websocket.CloseError](err); ok {
				return end.Code
			}
		}
	}
	return 0
}
