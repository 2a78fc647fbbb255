import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render as draw } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";
import { newQueryClient } from "@/lib/query-client";

/** Draws a part of the page with what it stands in, at an address, with a person at the keyboard. */
export function render(node: ReactNode, { at = "/", client = newQueryClient({ retries: 0 }) }: { at?: string; client?: QueryClient } = {}) {
  window.history.replaceState(null, "", at);
  const user = userEvent.setup();
  const drawn = draw(node, {
    wrapper: ({ children }) => (
      <QueryClientProvider client={client}>
        <Tooltip.Provider>{children}</Tooltip.Provider>
      </QueryClientProvider>
    ),
  });
  return { ...drawn, user, client };
}
