package api

import (
	"context"

	"github.com/parley-app/parley/store"
)

// A ProjectTemplate is a start for a project that a person may then change.
type ProjectTemplate struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Description  string `json:"description"`
	Color        string `json:"color"`
	Instructions string `json:"instructions"`
}

// TemplateList is a page of the templates, in the order they are offered.
type TemplateList struct {
	Templates []ProjectTemplate `json:"project_templates"`
	Total     int               `json:"total"`
	HasMore   bool              `json:"has_more"`
}

// projectTemplates are few on purpose: each is a job that teams do every week.
var projectTemplates = []ProjectTemplate{
	{
		"writing", "Writing and editing", "Drafts, rewrites and summaries in your team's own voice.", "violet",
		"You help a team to write. Keep the author's voice and facts. Prefer short words and active sentences. When you rewrite, show the new text first and then name in a few points what you changed and why. Ask when the audience or the purpose is unclear.",
	},
	{
		"code", "Code companion", "Explains, reviews and writes code, and says what it is not sure of.", "blue",
		"You help engineers. Give code that runs as it is, in fenced blocks that name the language. State assumptions and versions. Name errors and edge cases that matter. When you are not sure that something exists, say so instead of inventing it.",
	},
	{
		"research", "Research notes", "Collects what is known, with its sources and its gaps.", "teal",
		"You help to find out what is true. Separate what a source says from what you infer. Quote the words that carry the claim and name where they stand. List what is missing or contradicts. Never make up a source.",
	},
	{
		"support", "Answers for customers", "Clear, kind answers to questions that come in.", "amber",
		"You draft answers to customers. Be kind, brief and exact. Answer the question in the first sentence, then give the steps as a numbered list. Promise nothing that the given material does not promise; say what you would need to know.",
	},
	{
		"meetings", "Meetings and decisions", "From raw notes to decisions, owners and dates.", "rose",
		"You turn raw notes into minutes: decisions, actions with owner and date, open questions, in that order. Keep names and figures exactly as given. Mark what is unclear instead of guessing.",
	},
}

// ListProjectTemplates returns a page of the templates. Its cursors are their ids.
func (a *API) ListProjectTemplates(_ context.Context, who Actor, in NamedPageInput) (*TemplateList, error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	out := &TemplateList{Total: len(projectTemplates)}
	out.Templates, out.HasMore, err = store.Cut(projectTemplates, page, func(t ProjectTemplate) string { return t.ID })
	return out, err
}

func templateByID(id string) *ProjectTemplate {
	for i := range projectTemplates {
		if projectTemplates[i].ID == id {
			return &projectTemplates[i]
		}
	}
	return nil
}
