// What Java's client would send to a Kafka of years ago: a Fetch request of each version that is asked for, to one broker. Today's
// client agrees on versions before it asks, so its own classes write the frames here. Prints one line for each: the
// version, and the partition's error or that the connection was closed.
//
// OldVersions HOST:PORT TOPIC VERSION...

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;

public class OldVersions {
  static final int PATIENCE_MS = 30_000;

  public static void main(String[] arguments) throws Exception {
    String[] address = arguments[0].split(":");
    for (int i = 2; i < arguments.length; ++i) {
      short version = Short.parseShort(arguments[i]);
      try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
        socket.setSoTimeout(PATIENCE_MS);
        System.out.println(version + " " + fetch(socket, arguments[1], version));
      }
    }
  }

  static String fetch(Socket socket, String topic, short version) throws Exception {
    FetchRequest request = FetchRequest.Builder.forConsumer(version, 500, 0,
        Map.of(new TopicPartition(topic, 0), new FetchRequest.PartitionData(Uuid.ZERO_UUID, 0, -1, 1 << 20, Optional.empty()))).build(version);
    RequestHeader header = new RequestHeader(request.apiKey(), version, "old", 1);
    ByteBuffer frame = request.serializeWithHeader(header);
    DataOutputStream out = new DataOutputStream(socket.getOutputStream());
    DataInputStream in = new DataInputStream(socket.getInputStream());
    byte[] answer;
    try {
      out.writeInt(frame.remaining());
      out.write(frame.array(), frame.arrayOffset() + frame.position(), frame.remaining());
      answer = new byte[in.readInt()];
    } catch (EOFException | SocketException closed) {
      return "closed";
    }
    in.readFully(answer);
    FetchResponse response = (FetchResponse) AbstractResponse.parseResponse(ByteBuffer.wrap(answer), header);
    return Errors.forCode(response.data().responses().get(0).partitions().get(0).errorCode()).name();
  }
}
