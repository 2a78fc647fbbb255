/**
 * For queries of administrators: every one of them leaves an entry in the audit. So they
 * are asked when a page is opened, when something was changed, and by hand; never by themselves.
 */
export const onRequest = { staleTime: Number.POSITIVE_INFINITY, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false } as const;
