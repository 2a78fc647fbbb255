package api

import (
	"fmt"
	"sync"

	"github.com/parley-app/parley/api/inspect"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
)

// How much of a file the model reads.
type fileState int

const (
	fileWhole      fileState = iota
	fileCut                  // its beginning
	fileNoRoom               // its name alone
	fileUnreadable           // its name alone: models do not read this kind of file
	fileBlocked              // its name alone: it may not be opened, or its bytes are lost
)

// A plannedFile is an attachment as it is sent.
type plannedFile struct {
	file  *store.Attachment
	state fileState
	cost  int // tokens of all that is sent of it
	all   int // tokens of its whole text
	sent  int // tokens of its text that are sent
}

// lost returns how many tokens a person would expect to be read and are not, given
// whether the message of the file is sent.
func (f plannedFile) lost(isSent bool) int {
	if !isSent {
		return f.all
	}
	return f.all - f.sent
}

// frameTokens is about what stands around the text of a file.
const frameTokens = 24

// isReadableKind reports whether a model reads files of a media type.
func isReadableKind(mediaType string) bool { return inspect.IsText(mediaType) }

// readableTypes returns the media types of uploads whose content a model reads.
func (a *API) readableTypes() []string {
	list := []string{}
	for _, kind := range a.o.Uploads.MediaTypes {
		if isReadableKind(kind) {
			list = append(list, kind)
		}
	}
	return list
}

// planFile decides how much of a file fits into room tokens.
func (r *planner) planFile(p *contextPlan, f *store.Attachment, room int) plannedFile {
	out := plannedFile{file: f, state: fileUnreadable}
	if isReadableKind(f.MediaType) {
		var known bool
		if out.all, known = r.fileTokens(f, r.isQuick); !known {
			p.isGuess = true
		}
		head := llm.CountTokens(fileHead(f)) + frameTokens
		switch {
		case r.readable(f) != nil, out.all == 0:
			out.state = fileBlocked
		case head+out.all <= room:
			out.state, out.sent, out.cost = fileWhole, out.all, head+out.all
		case head < room:
			out.state, out.sent, out.cost = fileCut, room-head, room
		default:
			out.state = fileNoRoom
		}
	}
	if out.cost == 0 {
		out.cost = llm.CountTokens(fileNote(f, out.state))
	}
	return out
}

func fileHead(f *store.Attachment) string {
	return fmt.Sprintf("Attached file %q (%s, %s)", f.Name, f.MediaType, sizeText(f.Size))
}

// fileNote is what the model is sent of a file whose text it does not get.
func fileNote(f *store.Attachment, state fileState) string {
	if state == fileNoRoom {
		return fileHead(f) + "; there is no room left to show you its content."
	}
	return fileHead(f) + "; its content cannot be shown to you."
}

// fileText returns a file as the model is sent it, and how many tokens of its text
// that is.
func (a *API) fileText(p plannedFile) (text string, sent int) {
	if p.state != fileWhole && p.state != fileCut {
		return fileNote(p.file, p.state), 0
	}
	limit := int64(maxTextBytes)
	if p.state == fileCut {
		limit = int64(p.sent) * bytesPerToken
	}
	content, whole := a.textOf(p.file, limit)
	if content == "" {
		return fileNote(p.file, fileBlocked), 0
	}
	sent = p.sent
	if p.state == fileCut {
		if cut, all := clipTokens(content, p.sent); !all {
			content, whole = cut, false
		}
		sent = llm.CountTokens(content)
	}
	end := "\nEnd of the attached file."
	if !whole {
		end = "\nThe attached file goes on; there is no room to show you the rest."
	}
	return fileHead(p.file) + ":\n" + content + end, sent
}

// fileSizes remembers how many tokens the text of files has, by their SHA-256. It is
// safe for concurrent use.
type fileSizes struct {
	mu    sync.RWMutex
	known map[string]int
}

const (
	maxFileSizes = 10_000
	// countedBytes is how much of a file is counted; what follows is taken to have
	// as many tokens for each byte.
	countedBytes = 256 << 10
)

// fileTokens returns how many tokens the text of a file has, and whether they were
// counted. isQuick estimates what was not counted before: counting takes up to some
// ten milliseconds, for which no writer may wait.
func (a *API) fileTokens(f *store.Attachment, isQuick bool) (tokens int, known bool) {
	a.fileSizes.mu.RLock()
	tokens, known = a.fileSizes.known[f.SHA256]
	a.fileSizes.mu.RUnlock()
	if known {
		return tokens, true
	}
	if isQuick {
		return int(f.Size+3) / 4, false
	}
	text, whole := a.textOf(f, countedBytes)
	if text == "" {
		return 0, true // it cannot be read now; that may change
	}
	heavily(len(text), func() { tokens = llm.CountTokens(text) })
	if !whole {
		tokens = int(int64(tokens) * f.Size / countedBytes)
	}
	a.fileSizes.put(f.SHA256, tokens)
	return tokens, true
}

func (s *fileSizes) put(sha256 string, tokens int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]int{}
	}
	store.MakeRoom(s.known, maxFileSizes)
	s.known[sha256] = tokens
}
