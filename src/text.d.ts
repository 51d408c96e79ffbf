/** Shell programs are kept as files of their own and bundled as text. */
declare module '*.sh' {
  const text: string
  export default text
}
