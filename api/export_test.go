package api

// Verify is how a ring judges an access token.
func Verify(r *KeyRing, token string) error {
	_, err := r.verify(token)
	return err
}
