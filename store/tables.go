package store

import "github.com/parley-app/parley/store/kv"

// Every table is declared here, parents before children; the order is that of
// Check's findings.
func init() {
	threads.recover, projects.recover, users.recover = recoverThread, recoverProject, recoverUser
	auditEntries.recover = recoverAuditEntry
	members.moved = (*Tx).memberMoved
	threads.moved = (*Tx).threadMoved
	messages.moved, messages.examine = (*Tx).messageMoved, checkPlace
	summaries.moved = (*Tx).summaryMoved
	attachments.moved = func(tx *Tx, old, a *Attachment) error {
		if a == nil {
			if err := tx.noteDeletedBlob(old.SHA256); err != nil {
				return err
			}
		}
		return orElse(showAttachment(tx, old, a), tx.attachmentMoved(old, a))
	}
	users.declare()
	formerUsers.declare()
	sessions.declare()
	signingKeys.declare()
	projects.declare()
	members.declare()
	threads.declare()
	messages.declare()
	queue.declare()
	versions.declare()
	requests.declare()
	summaries.declare()
	summaryTasks.declare()
	attachments.declare()
	apiKeys.declare()
	invites.declare()
	tags.declare()
	projectTags.declare()
	activities.declare()
	prompts.declare()
	auditEntries.declare()
	usages.declare()
	leases.declare()
	notices.declare()
}

// AppendOrdered names the spaces whose new keys are mostly larger than those
// around them; an engine may fill their pages to the brim.
func AppendOrdered() []kv.Space {
	return []kv.Space{messages.space, messages.space + ".id"}
}
