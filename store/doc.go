// Package store keeps Parley's records: the nouns, their indexes, what they
// refer to, and what becomes of those when something goes. It stands on the
// engine's contract (package kv) alone; who may do what is the business of
// package api.
//
// # The words
//
// A user has sessions. A project has members and threads; a thread has messages;
// a message that was edited has versions, the texts it had before. A request is
// a create that a client may repeat. (Not: chat, conversation, room, workspace.)
//
// # The keys
//
// Every line is a space; its keys are made by kv.Key of the parts in brackets, so
// they sort as the parts do. The value of a record is as encode makes it; the
// value of an index entry is the key of its record. A space with # counts the
// entries of the index before it, by group; one with + sums what they weigh.
//
//	meta                 "version" "ids" "instance" "setup_token" "migration" "probe" "rendering"
//	signing_keys         [id]
//	users                [id]
//	  users.username     [lower case]                                  unique
//	  users.email        [lower case]                                  unique
//	former_users         [id]                                          names of deleted users, until their messages carry them
//	sessions             [id]                                          → users, die with them
//	  sessions.user      [user] + [id]
//	projects             [id]                                          → users, outlive them
//	  projects.user      [user] + [id]
//	members              [project, user]                               → both, die with either
//	  members.user       [user] + [project, user]
//	threads              [id]                                          → projects, die with them; → users, outlive them
//	  threads.activity   [project, audience, archived, time] + [id]    one index for each order that lists offer;
//	  threads.created    the same                                      audience is zero for the whole project,
//	  threads.updated    the same                                      or the one user who sees a private thread
//	  threads.title      [project, audience, archived, lower case] + [id]
//	  threads.user       [user] + [id]
//	messages             [thread, id]                                  → threads, die with them; → users, outlive them
//	  messages.id        [id]                                          unique
//	  messages.streaming [id] + [thread, id]                           answers that are being written
//	queue                [thread, message]                             questions that wait → threads, die with them
//	versions             [message, number]                             → messages, die with them
//	requests             [user, client id]                             → users, die with them
//	summaries            [id]                                          → threads, die with them
//	  summaries.thread   [thread] + [id]
//	  summaries.span     [thread, first message, last message] + [id]  what is_summarized of messages follows from
//	attachments          [id]                                          → threads and projects, die with them; → messages, users, outlive them
//	  attachments.thread, .message, .user, .project                    [the other's id] + [id]
//	  attachments.blob   [SHA-256] + [id]                              who has these bytes
//	  attachments.scan   [status] + [id]
//	  attachments.engine [engine] + [id]                               of those that a scanner has looked at
//	  attachments.unsent [time] + [id]                                 of those that are in no message
//	search               [project, audience, word, text's id]          which texts have a word; see search.go
//	search.docs          [text's id, chunk]                            which words a text has there
//	search.queue         [kind, thread, text's id]                     texts whose words are not yet in step
//	blobs.deleted        [SHA-256]                                     bytes whose last attachment was deleted, until they are removed
//	notices              [user, id]                                    → users, die with them
//	doomed               [space, id]                                   destroyed, with records still hanging from it
package store
