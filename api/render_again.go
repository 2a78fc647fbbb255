package api

import (
	"context"
	"time"

	"github.com/parley-app/parley/api/markdown"
	"github.com/parley-app/parley/store"
)

// renderedAtOnce is how many messages are rendered again in one step.
const renderedAtOnce = 50

// longestRest is the most between two steps; else it is as long as the step was.
const longestRest = 250 * time.Millisecond

// RenderAgain renders the messages that an earlier release rendered in another way, in
// small steps with rests, so that what people do goes first. It goes on where an earlier
// run of the program ended, and does nothing once all is done. A job calls it.
func (a *API) RenderAgain(ctx context.Context) error {
	var at store.Rendering
	if err := a.store.View(ctx, func(tx *store.Tx) (err error) { at, err = tx.Rendering(); return err }); err != nil {
		return err
	}
	if at.Version != markdown.Version {
		at = store.Rendering{Version: markdown.Version}
	}
	for changed := 0; !at.Done; {
		began := a.o.Now()
		n, err := a.renderPage(ctx, &at)
		if err != nil {
			return err
		}
		if changed += n; at.Done && changed > 0 {
			a.log.Info("messages of an earlier release were rendered again", "messages", changed)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(a.o.Now().Sub(began), longestRest)):
		}
	}
	return nil
}

// renderPage does one step and moves at. It returns how many messages looked different.
func (a *API) renderPage(ctx context.Context, at *store.Rendering) (changed int, err error) {
	var page []*store.Message
	var next []byte
	if err := a.store.View(ctx, func(tx *store.Tx) (err error) {
		page, next, err = tx.MessagesBeyond(at.After, renderedAtOnce)
		return err
	}); err != nil {
		return 0, err
	}
	fresh := make(map[*store.Message]string)
	for _, m := range page {
		if m.Status == store.StatusStreaming {
			continue // it is rendered when it ends
		}
		var html string
		heavily(len(m.Content), func() { html = markdown.HTML(m.Content) })
		if html != m.ContentHTML {
			fresh[m] = html
		}
	}
	at.After, at.Done = next, next == nil
	return len(fresh), a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		for m, html := range fresh {
			if err := tx.PutHTML(m, html); err != nil {
				return err
			}
		}
		return tx.SetRendering(*at)
	})
}
