/** Shell programs are kept as files of their own and bundled as text. */
declare module '*.sh' {
  const text: string
  export default text
}

/** So is the starter workflow, which init writes. */
declare module '*.yml' {
  const text: string
  export default text
}
