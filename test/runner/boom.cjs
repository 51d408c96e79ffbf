// Preloaded: a mistake of ours that nobody catches, in the middle of the work.
setTimeout(() => {
  throw new Error('boom with s3cret-value')
}, 1500)
