/** Tells an address something by HTTP; null where it was taken, else why not, without the address. */
export const post = async (url: string, body: unknown, signal: AbortSignal): Promise<string | null> => {
  try {
    const { status } = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      // what is sent elsewhere would take the message along
      redirect: 'manual',
      signal,
    })
    return status >= 200 && status < 300 ? null : `it answered ${status}`
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : null
    return signal.aborted ? 'it did not answer in time' : `it was not reached${cause === null ? '' : ` (${cause})`}`
  }
}
