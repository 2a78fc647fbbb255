package rest

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/parley-app/parley/store"
)

// A Problem is the body of every answer that is an error (RFC 9457).
type Problem struct {
	Type      string             `json:"type" doc:"Always about:blank: the code says what it is about" example:"about:blank"`
	Title     string             `json:"title" doc:"The status in words" example:"Not Found"`
	Status    int                `json:"status" doc:"The HTTP status" example:"404"`
	Detail    string             `json:"detail" doc:"What went wrong, for a person to read" example:"there is no such thread"`
	Instance  string             `json:"instance" doc:"The path that was asked for" example:"/api/v1/threads/0198c0de-0000-7000-8000-000000000000"`
	Code      string             `json:"code" doc:"A stable word for what went wrong; switch on this"`
	RequestID string             `json:"request_id" doc:"Finds this request in the server's log" example:"K3S5XWQ2"`
	Errors    []store.FieldError `json:"errors,omitempty" doc:"Each bad part of the input"`
}

// statusOf is the one place that says which code answers with which status.
var statusOf = map[store.Code]int{
	store.CodeInvalid:          http.StatusUnprocessableEntity,
	store.CodeUnauthorized:     http.StatusUnauthorized,
	store.CodeForbidden:        http.StatusForbidden,
	store.CodeNotFound:         http.StatusNotFound,
	store.CodeConflict:         http.StatusConflict,
	store.CodeThreadArchived:   http.StatusConflict,
	store.CodeGenerating:       http.StatusConflict,
	store.CodeConflictingPages: http.StatusUnprocessableEntity,
	store.CodeUnknownCursor:    http.StatusUnprocessableEntity,
	store.CodeMessageTooLong:   http.StatusUnprocessableEntity,
	store.CodeContextExceeded:  http.StatusUnprocessableEntity,
	store.CodeModelUnavailable: http.StatusServiceUnavailable,
	store.CodeModelError:       http.StatusBadGateway,
	store.CodeRateLimited:      http.StatusTooManyRequests,
	store.CodeFileTooLarge:     http.StatusRequestEntityTooLarge,
	store.CodeQuotaExceeded:    http.StatusRequestEntityTooLarge,
	store.CodeMediaType:        http.StatusUnsupportedMediaType,
	store.CodeUnsafeFile:       http.StatusUnprocessableEntity,
	store.CodeScanPending:      http.StatusConflict,
	store.CodeScanFailed:       http.StatusConflict,
	store.CodeQuarantined:      http.StatusGone,
	store.CodeScannerDown:      http.StatusServiceUnavailable,
	store.CodeDiskFull:         http.StatusInsufficientStorage,
	store.CodeUnavailable:      http.StatusServiceUnavailable,
	store.CodeDamaged:          http.StatusInternalServerError,
	store.CodeInternal:         http.StatusInternalServerError,
}

// transportCodes are the words for what goes wrong before a verb is reached.
var transportCodes = map[int]string{
	http.StatusBadRequest:                  "bad_request",
	http.StatusNotFound:                    string(store.CodeNotFound),
	http.StatusMethodNotAllowed:            "method_not_allowed",
	http.StatusRequestTimeout:              "request_timeout",
	http.StatusRequestEntityTooLarge:       "body_too_large",
	http.StatusUnsupportedMediaType:        "unsupported_media_type",
	http.StatusUpgradeRequired:             "upgrade_required",
	http.StatusMisdirectedRequest:          "wrong_host",
	http.StatusRequestHeaderFieldsTooLarge: "headers_too_large",
}

// transportTexts say it to a person where the transport's own words would not.
var transportTexts = map[int]string{
	http.StatusBadRequest:                  "the request is not valid HTTP",
	http.StatusNotFound:                    "there is nothing here",
	http.StatusMethodNotAllowed:            "this address does not take that method; the Allow header names those that it takes",
	http.StatusRequestTimeout:              "the request took too long to arrive",
	http.StatusRequestEntityTooLarge:       "the body is larger than this address takes",
	http.StatusUpgradeRequired:             "this address speaks WebSocket only",
	http.StatusRequestHeaderFieldsTooLarge: "the headers are larger than the server takes",
}

// A transportError is refused before any verb is asked.
type transportError struct {
	status  int
	message string
}

func (e *transportError) Error() string { return e.message }

// problemOf says what err looks like from outside. What is no *store.Error and
// no known refusal of the transport is internal, and nothing of it is told.
func problemOf(err error) (p Problem, retry time.Duration) {
	var known *store.Error
	var own *transportError
	var fibers *fiber.Error
	switch {
	case errors.As(err, &known) && known.Code != store.CodeInternal && statusOf[known.Code] != 0:
		p = Problem{Status: statusOf[known.Code], Code: string(known.Code), Detail: known.Message, Errors: known.Fields}
		retry = known.RetryAfter
	case errors.As(err, &own):
		p = Problem{Status: own.status, Code: transportCodes[own.status], Detail: own.message}
	case errors.As(err, &fibers) && transportCodes[fibers.Code] != "":
		p = Problem{Status: fibers.Code, Code: transportCodes[fibers.Code], Detail: transportTexts[fibers.Code]}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		p = Problem{
			Status: http.StatusServiceUnavailable, Code: string(store.CodeUnavailable),
			Detail: "this took longer than the server allows; try again",
		}
	default:
		p = Problem{
			Status: http.StatusInternalServerError, Code: string(store.CodeInternal),
			Detail: "something went wrong on the server; its log has the cause under this request_id",
		}
		if message, ok := store.DamageOf(err); ok {
			p.Detail = message
		}
	}
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	return p, retry
}

// answerProblem writes err as a Problem and returns its status.
func answerProblem(c *fiber.Ctx, err error, requestID string) int {
	p, retry := problemOf(err)
	p.Instance, p.RequestID = c.Path(), requestID
	body, err := json.Marshal(p)
	if err != nil { // strings and numbers: cannot be
		body = nil
	}
	c.Status(p.Status).Set(fiber.HeaderContentType, "application/problem+json")
	c.Set(fiber.HeaderCacheControl, "no-store")
	if p.Status == http.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="parley"`)
	}
	if retry > 0 || p.Status == http.StatusTooManyRequests {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(seconds(max(retry, time.Second))))
	}
	c.Response().SetBodyRaw(body)
	return p.Status
}

// seconds rounds up, as whoever waits that long must find it true.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
