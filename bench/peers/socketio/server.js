// Socket.IO with one room, for the comparison in ../../README.md. It prints its
// port; each line that it reads is sent to everybody.
import { createServer } from "node:http"
import { createInterface } from "node:readline"
import { Server } from "socket.io"

const http = createServer()
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false })
http.listen(0, "127.0.0.1", () => console.log(`ready ${http.address().port}`))
createInterface({ input: process.stdin }).on("line", (line) => io.emit("t", line))
