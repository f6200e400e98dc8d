'use client'

import { Toaster, toast } from 'sonner'
import { Glyph } from './glyph.tsx'

/** The corner of the screen where toasts are. */
export default function ToastSurface() {
  return <Toaster position="bottom-right" gap={8} offset={16} mobileOffset={{ bottom: 72 }} />
}

/** Shows one; with `undo` it stays 8 s, else 4 s. */
export function show(text: string, { undo, failed = false }: { undo?: () => void; failed?: boolean }): void {
  toast.custom(
    (id) => (
      <div className="toast">
        <span className={`inline-flex flex-none! st-${failed ? 'major' : 'operational'}`}>
          <Glyph status={failed ? 'major' : 'operational'} />
        </span>
        <span>{text}</span>
        {undo && (
          <button
            type="button"
            onClick={() => {
              undo()
              toast.dismiss(id)
            }}
          >
            Undo
          </button>
        )}
      </div>
    ),
    { duration: undo ? 8000 : failed ? 10_000 : 4000, unstyled: true },
  )
}
