package store

// DestroyUser removes a user and what goes with them, for tests of references.
func DestroyUser(tx *Tx, u *User) error { return users.destroy(tx, u) }
