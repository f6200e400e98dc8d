import { startApi, type Post, type Said } from './api.ts'

/**
 * PagerDuty's Events API v2 (developer.pagerduty.com/docs/events-api-v2-overview): POST /v2/enqueue answers 202; a summary
 * above 1,024 or an unknown key 400. One `dedup_key` is one alert.
 */
export const startPagerduty = async ({ key = 'r1' } = {}) => {
  const posts: Post[] = []
  const api = await startApi(({ path, json }): Said => {
    const payload = json['payload'] as { summary: string } | undefined
    const faults = [
      ...(path === '/v2/enqueue' && json['routing_key'] === key ? [] : ['invalid routing_key']),
      ...(payload && payload.summary.length <= 1_024 ? [] : ['summary is too long']),
    ]
    if (faults.length > 0) return { status: 400, json: { status: 'invalid event', errors: faults } }
    const id = String(json['dedup_key'])
    const found = posts.find((one) => one.id === id)
    if (!found) posts.push({ id, text: payload!.summary, isGone: false, edits: 0 })
    else Object.assign(found, { isGone: json['event_action'] === 'resolve', edits: found.edits + 1 })
    return { status: 202, json: { status: 'success', dedup_key: id } }
  })
  return { ...api, posts }
}

/**
 * A workflow of Microsoft Teams (learn.microsoft.com, "Create incoming webhooks with Workflows"): 202 with an empty body
 * and a run id in a header; a message above 28 KB is 413.
 */
export const startTeams = async () => {
  const posts: Post[] = []
  const api = await startApi(({ text, json }): Said => {
    if (Buffer.byteLength(text) > 28 * 1_024) return { status: 413 }
    const [card] = json['attachments'] as { contentType: string; content: { body: { text: string }[] } }[]
    if (card?.contentType !== 'application/vnd.microsoft.card.adaptive') return { status: 400 }
    const id = `run${posts.length}`
    posts.push({ id, text: card.content.body.map((block) => block.text).join('\n'), isGone: false, edits: 0 })
    return { status: 202, headers: { 'x-ms-workflow-run-id': id } }
  })
  return { ...api, posts }
}
