/** Before what went wrong, compose tells what it would warn of; the folder of the look is ours and gone afterwards. */
const WARNING = /time="[^"]*" level=warning msg="(?:[^"\\]|\\.)*"\s*/g

/** What compose says is wrong, without its warnings; all of it where it says nothing else. */
export const composeError = (said: string): string => said.replaceAll(WARNING, '').trim() || said
