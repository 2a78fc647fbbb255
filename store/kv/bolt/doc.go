// Package bolt is the embedded engine of kv: one file, one process, bbolt
// underneath. It is the default, and nothing else in Parley knows bbolt.
//
// # Group commit
//
// bbolt has one writer, and a commit costs a flush of the disk whatever it writes.
// So all who are in line are committed together: one goroutine takes the
// first, then whoever waits behind, and commits when nobody does. There is no
// timer; a lone caller waits for nobody. Functions that fail or panic are
// undone by a log of what they overwrote, and their neighbours' go on. 1,000
// calls, 10,000 writes or 8 MiB fill a group. A group that changed nothing
// costs no commit.
//
// The functions run one after the other, on the writer's goroutine: to change it for
// each would cost more than what many of them do. One that panics is undone and runs
// once more, on the goroutine of its caller: the panic has the stack that it should
// have. What waits for a commit (AfterCommit) runs on the goroutines of the callers,
// in the order of the commits, beside the writer, who goes on with the next group.
// All of this is in writer.go, call.go and heralds.go.
//
// # What bbolt really does
//
// A commit copies every page that changes, and the pages above it, writes them
// to free places, flushes them (the first fdatasync), writes one of two meta
// pages that alternate, and flushes that (the second). A small record costs
// some 40 KiB of writing, to a dozen places and more.
//
// # The write-ahead log
//
// That is too much to wait for. So what a group writes goes into a log, in one
// piece, which one fdatasync makes durable; bbolt commits without flushing, and
// the kernel takes its pages to the disk when it likes. Both happen at once, unless the
// disk is slow, and a View that sees the commit before it is durable waits (flush.go). Now and then (when the log is
// full, or after five quiet seconds) a checkpoint flushes them, and the log begins
// anew. A group that does not fit into the log is flushed as bbolt would, and no View sees
// it before the log has begun anew: until then a crash would take it back. With
// Options.NoLog there is no log, and all groups are flushed so.
//
// Pulling the plug leaves a file in which any of the later pages may be there or not,
// meta pages included. What is there for certain is the base: the commit of the last
// checkpoint, of which no page is used again while the log counts from it, because a
// read transaction of it is open. The log begins with a copy of its meta page. The next
// start puts that in force again, whatever the file says, and commits what the log
// tells, as one transaction (settle.go). A torn end of the log is what nobody was told
// of, and Recover says what was dropped; anything else that does not fit is reported, and
// nothing is changed. TakeAsItLies and SalvageLog save what is whole of such a store.
//
// The disk may be full by then. So there is room for what the log tells before it is
// told: up to 8 MiB behind the pages of the store's file, which nobody else can take
// (reserve.go). A disk that has too little left for that ends the log, and groups are
// flushed.
//
// Between starts the log is there only if the process was cut off. Close retires it:
// a store that is closed is one file. Systems on which the file cannot be locked
// before bbolt opens it do without, and so does a file that outgrows its map.
//
// # Reading and room
//
// Reading is from a memory map of the file. A page that the disk cannot read
// therefore ends the process with SIGBUS, not with an error. The map is 64 GiB
// from the start (see Options.MapSize): to make it larger bbolt must wait for
// all readers, and all other readers then wait for it.
//
// A View has a read transaction of bbolt, and leaves it to the next if nothing was
// committed meanwhile (readers.go).
//
// A page that an open View can see is not reused. A View that stays open while
// others write makes the file grow, and the file never shrinks: read a page of
// results, leave, and come back for the next. Deleted records leave free pages
// behind, which later writes use.
//
// The list of free pages is not stored with each commit, which would make a
// commit after large deletions ten times slower, but once, by Close. After a
// kill the next Open must look at every page, which takes as long as the disk
// needs to read the file once. Unclean then says that this happened.
//
// # When the disk fails
//
// After an fdatasync that failed, nobody knows what is on the disk, and asking
// again does not help: the kernel may have thrown the pages away. Any error of
// a commit or a checkpoint therefore breaks the engine: everybody in the
// group gets an error that wraps kv.ErrBroken, so does every call after that,
// and Failed tells the owner, who must end the process. The next start finds
// what was acknowledged.
//
// There are two exceptions, in which nothing was flushed and nothing refers to what was
// written. A group for which the disk has no room is undone, and its functions run again
// one by one: those that find no room get kv.ErrFull. Some room is kept back for those
// who ask for it (kv.InReserve). A page that is damaged is kv.ErrDamaged for those who
// meet it, unless bbolt meets it when it has begun to take pages for a commit.
//
// # One process
//
// The file is locked while it is open. A second process is told that another
// instance is running, and its id. A copy of the file made while it is open is
// no backup.
package bolt
