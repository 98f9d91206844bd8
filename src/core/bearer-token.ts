/** What a bearer token is, for people. RFC 6750 section 2.1 allows fewer characters. */
export const BEARER_TOKEN = '1 to 255 visible ASCII characters without spaces'

/** Whether a text is such a token: these are all characters that a header can hold without quotes. */
export const isBearerToken = (text: string): boolean => /^[\x21-\x7e]{1,255}$/.test(text)
