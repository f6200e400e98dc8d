import type { Caller } from '#server/router.ts'
import type { Viewer } from './shell/user-menu.tsx'

type Me = Awaited<ReturnType<Caller['accounts']['me']>>

/** Who looks on, as the shells print them. */
export const viewerOf = (me: Me): Viewer => ({
  name: me.user?.name ?? me.token ?? '',
  email: me.user?.email ?? me.token ?? '',
  isOperator: me.roles.length > 0,
  accounts: me.accounts.map((account) => account.name),
})
