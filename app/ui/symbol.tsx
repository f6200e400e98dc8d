import {
  Check,
  ChevronDown,
  ChevronRight,
  Clock,
  Copy,
  Download,
  Ellipsis,
  ExternalLink,
  KeyRound,
  LoaderCircle,
  type LucideIcon,
  Monitor,
  Pencil,
  Plus,
  RotateCw,
  Search,
  Trash2,
  X,
} from 'lucide-react'

const ICONS = {
  check: Check,
  clock: Clock,
  copy: Copy,
  down: ChevronDown,
  download: Download,
  edit: Pencil,
  external: ExternalLink,
  host: Monitor,
  key: KeyRound,
  more: Ellipsis,
  plus: Plus,
  retry: RotateCw,
  right: ChevronRight,
  search: Search,
  trash: Trash2,
  wait: LoaderCircle,
  x: X,
} satisfies Record<string, LucideIcon>

/** A name, not a component, so that a server page can hand it to a client part. */
export type IconName = keyof typeof ICONS

/** 16 px, 1.5 px stroke, always beside a word or inside something that has a name. */
export function Icon({ name, className = '' }: { name: IconName; className?: string }) {
  const Drawn = ICONS[name]
  return <Drawn className={`icon ${className}`} strokeWidth={2.25} aria-hidden="true" />
}
