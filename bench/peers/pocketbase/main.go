// Command pocketbase is PocketBase with one collection of messages, for the
// comparison in ../../README.md. Usage: pocketbase serve --dir DIR --http ADDRESS.
// On an empty folder it first makes the user bench@example.org and RECORDS
// messages in one thread.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/security"
	"github.com/pocketbase/pocketbase/tools/types"
)

var content = strings.Repeat("Prune the roses in March, before they bud. ", 8)

func main() {
	app := pocketbase.New()
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		if _, err := app.FindCollectionByNameOrId("messages"); err != nil {
			if err := seed(app); err != nil {
				return err
			}
		}
		fmt.Println("ready")
		return e.Next()
	})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}

func seed(app core.App) error {
	n, err := strconv.Atoi(os.Getenv("RECORDS"))
	if err != nil {
		return fmt.Errorf("RECORDS: %w", err)
	}
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	user := core.NewRecord(users)
	user.SetEmail("bench@example.org")
	user.SetPassword("correct horse battery")
	user.SetVerified(true)
	if err := app.Save(user); err != nil {
		return err
	}
	if err := app.Save(collection()); err != nil {
		return err
	}
	return app.RunInTransaction(func(tx core.App) error {
		for i := range n {
			_, err := tx.DB().Insert("messages", dbx.Params{
				"id": security.RandomStringWithAlphabet(15, core.DefaultIdAlphabet), "thread": "long", "user": user.Id,
				"content": content, "content_html": "<p>" + content + "</p>\n", "status": "complete", "token_count": 80, "is_user": true,
				"created": fmt.Sprintf("2026-01-%02d %02d:%02d:%02d.%03dZ", 1+i/86_400%28, i/3600%24, i/60%60, i%60, i/86_400/28),
			}).Execute()
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// collection is of records that have what a message of Parley has.
func collection() *core.Collection {
	c := core.NewBaseCollection("messages")
	signedIn := types.Pointer(`@request.auth.id != ""`)
	c.ListRule, c.ViewRule, c.CreateRule = signedIn, signedIn, signedIn
	c.Fields.Add(
		&core.TextField{Name: "thread", Required: true}, &core.TextField{Name: "user"},
		&core.TextField{Name: "content", Max: 100_000}, &core.TextField{Name: "content_html", Max: 200_000},
		&core.TextField{Name: "status"}, &core.NumberField{Name: "token_count"}, &core.BoolField{Name: "is_user"},
		&core.AutodateField{Name: "created", OnCreate: true},
	)
	c.AddIndex("idx_messages_thread", false, "thread, created", "")
	return c
}
