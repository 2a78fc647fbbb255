package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/parley-app/parley/store/kv"
)

// A Code is the stable, machine-readable word for what went wrong. Clients
// switch on it; it never changes its meaning.
type Code string

// The codes that the store and the verbs return. Anything that is no *Error is
// CodeInternal.
const (
	CodeInvalid          Code = "invalid"                // the input breaks a rule; Fields says which
	CodeUnauthorized     Code = "unauthorized"           // no or a bad credential
	CodeForbidden        Code = "forbidden"              // seen, but not allowed
	CodeNotFound         Code = "not_found"              // not there, or not for the caller to see
	CodeConflict         Code = "conflict"               // the state does not allow it
	CodeThreadArchived   Code = "thread_archived"        // archived threads are read-only
	CodeGenerating       Code = "generation_in_progress" // one answer at a time in a thread
	CodeConflictingPages Code = "conflicting_pagination" // offset with a cursor, or two cursors
	CodeUnknownCursor    Code = "unknown_cursor"         // the cursor is not in the list
	CodeMessageTooLong   Code = "message_too_long"       // over the limit of a message
	CodeContextExceeded  Code = "context_exceeded"       // the model cannot take that much
	CodeModelUnavailable Code = "model_unavailable"      // the model server cannot be reached
	CodeModelError       Code = "model_error"            // the model server answered with an error
	CodeRateLimited      Code = "rate_limited"           // too many; RetryAfter says when
	CodeDiskFull         Code = "disk_full"              // nothing new is taken until there is room
	CodeFileTooLarge     Code = "file_too_large"         // over the limit of one file
	CodeQuotaExceeded    Code = "quota_exceeded"         // over that of a user, a project or the instance
	CodeMediaType        Code = "unsupported_media_type" // a type of file that is not taken
	CodeUnsafeFile       Code = "unsafe_file"            // a file that had better not be opened
	CodeScanPending      Code = "scan_pending"           // nobody has looked at the file yet
	CodeScanFailed       Code = "scan_failed"            // nobody could look at it
	CodeQuarantined      Code = "quarantined"            // a virus was found in it
	CodeScannerDown      Code = "scanner_unavailable"    // nothing is taken unscanned
	CodeUnavailable      Code = "unavailable"            // going down, or the store cannot write
	CodeDamaged          Code = "damaged"                // the record was damaged in the store, and cannot be read
	CodeInternal         Code = "internal"               // a fault of ours; the cause is in the log
)

// An Error is a failure that a person may be told about: Message is for them,
// Err (which may be nil) is for the log only and never leaves the server.
type Error struct {
	Code       Code
	Message    string
	Fields     []FieldError
	RetryAfter time.Duration
	Err        error
}

// A FieldError names one bad part of an input: where it is ("body.title",
// "query.limit", "path.id") and what is wrong with it.
type FieldError struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

// Error returns the code, the message and the cause, for logs.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a formatted message. %w keeps the cause.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// Invalid makes an Error about one field of the input, such as
// Invalid("body.title", "must have 1 to 200 characters").
func Invalid(location, message string) *Error {
	return &Error{Code: CodeInvalid, Message: location + " " + message, Fields: []FieldError{{location, message}}}
}

// CodeOf returns the code of err: "" for nil, CodeInternal for an error that is
// no *Error.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	default:
		return CodeInternal
	}
}

const pageDamaged = "the server's data is damaged here, and this cannot be read. " +
	"Ask your administrator to run \"parley check\"; everything else goes on working"

// DamageOf returns what to tell a person about err if it is that the store's file is
// damaged where it was read.
func DamageOf(err error) (message string, ok bool) {
	if !errors.Is(err, kv.ErrDamaged) {
		return "", false
	}
	return pageDamaged, true
}
