import { QueryClientProvider } from "@tanstack/react-query";
import { Tooltip } from "radix-ui";
import { type ReactNode, useEffect, useState } from "react";
import { Toaster } from "@/components/ui/toaster";
import { guardComposition } from "@/lib/composition";
import { keepFocus } from "@/lib/focus-keeper";
import { newQueryClient } from "@/lib/query-client";
import { followTheme } from "@/lib/theme";
import { Announcer } from "./announcer";

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(() => newQueryClient());
  useEffect(() => followTheme(), []);
  useEffect(() => guardComposition(), []);
  useEffect(() => keepFocus(), []);
  return (
    <QueryClientProvider client={client}>
      <Tooltip.Provider delayDuration={400} skipDelayDuration={150}>
        {children}
        <Toaster />
        <Announcer />
      </Tooltip.Provider>
    </QueryClientProvider>
  );
}
