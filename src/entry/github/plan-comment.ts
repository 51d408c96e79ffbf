import type { GitHub } from '../../ports.ts'
import type { ResultDocument } from '../../report/document.ts'
import { planComment, planMarker } from '../../report/plan-comment.ts'

export interface PlanSubject {
  readonly pullRequest: number
  readonly environment: string
  readonly config: string
  /** The author's commit that was planned. */
  readonly sha: string
}

/** One comment for each environment and config, changed in place; none is written where it would say the same. */
export const commentPlan = async (github: GitHub, subject: PlanSubject, document: ResultDocument): Promise<void> => {
  const marker = planMarker(subject)
  const body = planComment(subject, document)
  const person = await github.person()
  const comments = await github.comments(subject.pullRequest)
  // anybody may write the marker: only what our own token wrote is ours
  const own = comments.find((comment) => {
    const isOurs = person === null ? comment.author?.isBot === true : comment.author?.login === person
    return isOurs && comment.body.startsWith(marker)
  })
  if (own === undefined) await github.createComment(subject.pullRequest, body)
  else if (normal(own.body) !== normal(body)) await github.updateComment(own.id, body)
}

/** GitHub may keep other line ends. */
const normal = (text: string): string => text.replaceAll('\r\n', '\n').trim()
